// docs/openapi.yaml names the routes of the server: all of them, and no others.
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "tests/api/api_fixture.h"

namespace fairlead::api {
namespace {

std::set<std::string> documented() {
  std::ifstream file(std::filesystem::path(__FILE__).parent_path() / "../../docs/openapi.yaml");
  EXPECT_TRUE(file.is_open());
  std::set<std::string> calls;
  std::string line, path;
  while (std::getline(file, line) && !line.starts_with("components:")) {
    if (line.starts_with("  /")) path = line.substr(2, line.size() - 3);
    for (const char* method : {"get", "post", "put", "patch", "delete"}) {
      if (line == std::string("    ") + method + ":") calls.insert(method + (" " + path));
    }
  }
  return calls;
}

// ":room" is "{room}" there.
std::string as_template(const std::string& pattern) {
  std::string path;
  bool in_name = false;
  for (const char c : pattern + "/") {
    if (in_name && c == '/') path += '}';
    in_name = c == ':' || (in_name && c != '/');
    path += c == ':' ? '{' : c;
  }
  path.pop_back();
  return path;
}

class OpenApiTest : public ApiTest {};

TEST_F(OpenApiTest, TheDocumentNamesEveryRouteAndNoOther) {
  http::Routes routes;
  add_routes(routes, api_);
  std::set<std::string> served;
  for (const auto& route : routes.entries()) {
    std::string method(to_string(route.method));
    for (auto& c : method) c = static_cast<char>(c - 'A' + 'a');
    served.insert(method + " " + as_template(route.pattern));
  }
  EXPECT_EQ(documented(), served);
}

}  // namespace
}  // namespace fairlead::api
