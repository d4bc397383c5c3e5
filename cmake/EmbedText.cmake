# cmake -DOUT=… -DROOT=… -DFILES=a|b|c -P EmbedText.cmake: a C++ file with the text of each.
string(REPLACE "|" ";" files "${FILES}")
set(entries "")
foreach(file IN LISTS files)
  file(READ ${ROOT}/${file} text)
  string(APPEND entries "    {\"${file}\", R\"embedded(${text})embedded\"},\n")
endforeach()
file(WRITE ${OUT}.new "#include \"nginx/templates.h\"

namespace fairlead::nginx {

const std::vector<Template>& templates() {
  static const std::vector<Template> kAll = {
${entries}  };
  return kAll;
}

}  // namespace fairlead::nginx
")
file(COPY_FILE ${OUT}.new ${OUT} ONLY_IF_DIFFERENT)
