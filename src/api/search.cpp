// GET /search
#include <algorithm>
#include <string>
#include <utility>

#include "api/handler.h"
#include "api/routes.h"
#include "protocol/ids.h"
#include "search/query.h"

namespace fairlead::api {
namespace {

constexpr std::size_t kFoundDefault = 20, kFoundMax = 50;

Result<chat::Search> parse_search(const http::Request& request) {
  chat::Search search;
  auto terms = search::parse_query(request.query_value("q").value_or(""));
  if (!terms) return fail(terms.error());
  search.terms = std::move(*terms);
  const auto limit = number_query(request, "limit", 1, 1'000'000, kFoundDefault);
  if (!limit) return fail(limit.error());
  search.limit = std::min(*limit, kFoundMax);
  if (const auto room = request.query_value("room"); room && !room->empty()) {
    search.room = protocol::parse_room_id(*room);
    if (!search.room) return fail(field_error("room", "must be a room's id"));
  }
  return search;
}

// The message, with what shows why it was found.
std::string to_json(const search::Found& found) {
  auto marks = Json::array();
  for (const auto& mark : found.excerpt.marks) marks.push_back({mark.begin, mark.length});
  const auto more = protocol::dump({{"snippet", found.excerpt.text}, {"snippet_marks", marks}});
  auto json = protocol::message_json(found.message);
  json.back() = ',';
  return json.append(more, 1);
}

void findings(const Answer& to, const search::Findings& all) {
  std::string json = R"({"messages":[)";
  for (const auto& found : all.found) {
    if (json.back() != '[') json += ',';
    json += to_json(found);
  }
  json += all.complete ? R"(],"complete":true})" : R"(],"complete":false})";
  to.json(200, std::move(json));
}

}  // namespace

void add_search_routes(http::Routes& routes, Api& api) {
  routes.add(http::Method::kGet, "/api/v1/search",
             signed_in(api, [&api](const Call& call, const Answer& answer) {
               auto search = parse_search(call.request);
               if (!search) return answer.fail(search.error());
               api.chat().search(call.user(), std::move(*search),
                                 answer.then<search::Findings>(findings));
             }));
}

}  // namespace fairlead::api
