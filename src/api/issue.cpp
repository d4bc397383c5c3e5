#include "api/issue.h"

#include <memory>

#include "api/session_cookie.h"

namespace fairlead::api {

Result<Delivery> asked_delivery(const Api& api, const http::Request& request, const Json& body) {
  const auto asked = body.find("cookie");
  if (asked == body.end() || asked->is_null()) return Delivery{};
  if (!asked->is_boolean()) return fail(field_error("cookie", "must be true or false"));
  if (!asked->get<bool>()) return Delivery{};
  if (auto allowed = check_page(request, api.entrance().origins()); !allowed)
    return fail(allowed.error());
  return Delivery{std::make_shared<const http::Request>(request)};
}

void answer_with_token(Api& api, UserId id, const std::optional<User>& user,
                       const Delivery& delivery, const Answer& answer) {
  const auto token = api.tokens().issue_token(id);
  Json json = Json::object();
  if (user) json["user"] = protocol::to_json(*user);
  if (!delivery.cookie_for) json["token"] = token.text;
  json["expires_at"] = protocol::rfc3339(token.expires_at_ms);
  Answer::Headers headers;
  if (delivery.cookie_for) {
    headers.push_back(cookie_with(token, *delivery.cookie_for, api.clock().wall_ms()));
  }
  answer.json(201, json, std::move(headers));
}

}  // namespace fairlead::api
