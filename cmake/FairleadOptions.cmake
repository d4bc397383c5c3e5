# Flags shared by every target of ours, as the interface target fairlead_options.
option(FAIRLEAD_TESTS "Build the unit tests" ON)
option(FAIRLEAD_FUZZ "Build the libFuzzer targets (needs clang)" OFF)
option(FAIRLEAD_WERROR "Warnings are errors: for us, not for those who only build it" ON)
set(FAIRLEAD_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")

set(CMAKE_CXX_FLAGS_DEV "-O1 -g1 -fno-omit-frame-pointer" CACHE STRING "" FORCE)
set(CMAKE_EXE_LINKER_FLAGS_DEV "" CACHE STRING "" FORCE)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG" CACHE STRING "" FORCE)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Every build directory of a checkout shares its objects (no precompiled headers: measured, they are slower here).
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
endif()

add_library(fairlead_options INTERFACE)
target_compile_features(fairlead_options INTERFACE cxx_std_20)
target_compile_options(fairlead_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -fstack-protector-strong
  $<$<BOOL:${FAIRLEAD_WERROR}>:-Werror>
  # False alarms over std::string at -O2 in GCC 12 (its bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
target_include_directories(fairlead_options INTERFACE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
if(FAIRLEAD_SANITIZE)
  target_compile_options(fairlead_options INTERFACE -fsanitize=${FAIRLEAD_SANITIZE})
  target_link_options(fairlead_options INTERFACE -fsanitize=${FAIRLEAD_SANITIZE})
  if(FAIRLEAD_SANITIZE MATCHES "undefined")
    target_compile_options(fairlead_options INTERFACE -fno-sanitize-recover=undefined -fno-sanitize=vptr)
    target_link_options(fairlead_options INTERFACE -fno-sanitize=vptr)
  endif()
  if(FAIRLEAD_SANITIZE MATCHES "address" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # False alarms in std::regex and std::function when instrumented (GCC's bug 105562).
    target_compile_options(fairlead_options INTERFACE -Wno-maybe-uninitialized)
  endif()
  if(FAIRLEAD_SANITIZE MATCHES "thread")
    target_compile_options(fairlead_options INTERFACE -Wno-tsan)
  endif()
endif()
if(FAIRLEAD_FUZZ)
  target_compile_options(fairlead_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# fairlead_layer(NAME FOLDER DEPS...): one static library of every .cpp in FOLDER (not below it).
function(fairlead_layer name folder)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(NOT sources)
    add_library(fairlead_${name} INTERFACE)
    target_link_libraries(fairlead_${name} INTERFACE fairlead_options ${ARGN})
    return()
  endif()
  add_library(fairlead_${name} STATIC ${sources})
  target_link_libraries(fairlead_${name} PUBLIC fairlead_options ${ARGN})
endfunction()

# fairlead_test(NAME DEPS...): one GoogleTest binary of every .cpp in tests/NAME, linked to that layer alone.
function(fairlead_test name)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${name}/*.cpp)
  if(NOT FAIRLEAD_TESTS OR NOT sources)
    return()
  endif()
  string(REPLACE "/" "_" target ${name})
  add_executable(${target}_test ${sources})
  target_link_libraries(${target}_test PRIVATE ${ARGN} GTest::gmock_main)
  gtest_discover_tests(${target}_test DISCOVERY_TIMEOUT 120 PROPERTIES TIMEOUT 300)
endfunction()
