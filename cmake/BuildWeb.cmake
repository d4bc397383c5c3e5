# cmake -D ESBUILD=… -D PYTHON=… -D FROM=web -D CLIENT=fallback/client/src -D DOCS=docs -D TO=… -P BuildWeb.cmake:
# the pages, as nginx serves them.
# A page's scripts, with the client in them, become one file, which is named by its content: no cache on the way can
# give a page the script of another version, and nginx lets browsers keep it for ever.
set(made ${TO}.new)
file(REMOVE_RECURSE ${made})
file(GLOB entries ${FROM}/js/*-page.js ${FROM}/css/*-page.css)
execute_process(
  COMMAND ${ESBUILD} ${entries} ${FROM}/js/theme.js --bundle --minify --target=es2022 --format=esm --charset=utf8
    --alias:fairlead-client=${CLIENT} --outdir=${made} --entry-names=[name] --log-level=warning
  COMMAND_ERROR_IS_FATAL ANY)

# The API reference, and the documents that it is made from.
execute_process(COMMAND ${PYTHON} ${FROM}/reference/make.py ${DOCS} OUTPUT_FILE ${made}/reference.html COMMAND_ERROR_IS_FATAL ANY)
file(COPY ${DOCS}/openapi.yaml ${DOCS}/asyncapi.yaml DESTINATION ${made})

file(GLOB pages ${FROM}/*.html ${made}/*.html)
file(GLOB bundles RELATIVE ${made} ${made}/*.js ${made}/*.css)
foreach(page ${pages})
  file(READ ${page} html)
  foreach(bundle ${bundles})
    file(SHA256 ${made}/${bundle} hash)
    string(SUBSTRING ${hash} 0 12 hash)
    string(REGEX REPLACE "(\\.[a-z]+)$" ".${hash}\\1" named ${bundle})
    string(REPLACE "\"${bundle}\"" "\"${named}\"" html "${html}")
    file(COPY_FILE ${made}/${bundle} ${made}/${named})
  endforeach()
  get_filename_component(name ${page} NAME)
  file(WRITE ${made}/${name} "${html}")
endforeach()
list(TRANSFORM bundles PREPEND ${made}/)
file(REMOVE ${bundles})
file(COPY ${FROM}/favicon.svg DESTINATION ${made})
file(REMOVE_RECURSE ${TO})
file(RENAME ${made} ${TO})
