#pragma once

namespace fairlead::app {

inline constexpr char kVersion[] = FAIRLEAD_VERSION;  // CMake's project version

}  // namespace fairlead::app
