// POST /users, GET /users, GET and PATCH /users/me, GET /users/{id}
#include <memory>
#include <string>
#include <utility>

#include "api/handler.h"
#include "api/issue.h"
#include "api/routes.h"
#include "chat/requests.h"
#include "protocol/ids.h"

namespace fairlead::api {
namespace {

constexpr std::size_t kUsersDefault = 20;
constexpr std::size_t kUsersMax = 100;

// A sign-up that may go on.
struct SignUp {
  chat::NewAccount account;
  Delivery delivery;
  audit::Entry entry;
};

void register_with_hash(Api& api, const SignUp& wanted, std::string hash, const Answer& answer) {
  api.chat().register_user(
      wanted.account.name, wanted.account.display_name, std::move(hash),
      answer.then<User>([&api, delivery = wanted.delivery, entry = wanted.entry](const Answer& to,
                                                                                 const User& user) {
        auto noted = entry;
        noted.user = protocol::to_wire(user.id);
        api.note(std::move(noted));
        answer_with_token(api, user.id, user, delivery, to);
      }));
}

// The name is looked up before the password is hashed, which is dear; what decides is the
// transaction.
void sign_up(Api& api, const http::Request& request, const Answer& answer) {
  const auto charge =
      api.registrations().charge(throttle_key(request.client_ip), api.clock().mono());
  if (!charge.allowed) {
    return answer.fail(chat::rate_limited(charge.quota, "too many new accounts from this address"));
  }
  const auto body = json_body(request);
  if (!body) return answer.fail(body.error());
  auto account = chat::parse_new_account(*body);
  if (!account) return answer.fail(account.error());
  const auto delivery = asked_delivery(api, request, *body);
  if (!delivery) return answer.fail(delivery.error());
  const auto wanted = std::make_shared<const SignUp>(
      SignUp{std::move(*account), *delivery, entry_of(request, "signup")});
  api.chat().find_login(
      wanted->account.name,
      answer.then<chat::Login>([&api, wanted](const Answer& to, const chat::Login& login) {
        if (login.user) return to.fail(error(ErrorCode::kNameTaken, "choose another name"));
        api.passwords().hash(
            wanted->account.password,
            to.then<std::string>([&api, wanted](const Answer& to_client, std::string hash) {
              register_with_hash(api, *wanted, std::move(hash), to_client);
            }));
      }));
}

void list_users(Api& api, const Call& call, const Answer& answer) {
  const auto limit = number_query(call.request, "limit", 1, kUsersMax, kUsersDefault);
  if (!limit) return answer.fail(limit.error());
  const auto prefix = call.request.query_value("q").value_or("");
  if (prefix.size() > limits::kDisplayNameCharsMax * 4 || prefix.find('\0') != prefix.npos) {
    return answer.fail(field_error("q", "is no part of a name"));
  }
  api.chat().find_users(
      std::string(prefix), *limit,
      answer.then<std::vector<User>>([](const Answer& to, const std::vector<User>& users) {
        Json json = {{"users", Json::array()}};
        for (const auto& user : users) {
          json["users"].push_back(protocol::to_json(user));
        }
        to.json(200, json);
      }));
}

void one_user(const Answer& to, const User& user) {
  to.json(200, protocol::to_json(user));
}

}  // namespace

void add_account_routes(http::Routes& routes, Api& api) {
  using http::Method;
  routes.add(Method::kPost, "/api/v1/users", open([&api](const auto& request, const auto& answer) {
               sign_up(api, request, answer);
             }));
  routes.add(Method::kGet, "/api/v1/users",
             signed_in(api, [&api](const auto& call, const auto& answer) {
               list_users(api, call, answer);
             }));
  routes.add(Method::kGet, "/api/v1/users/me",
             signed_in(api, [&api](const auto& call, const auto& answer) {
               api.chat().user(call.user(), answer.template then<User>(one_user));
             }));
  routes.add(Method::kPatch, "/api/v1/users/me",
             signed_in(api, [&api](const auto& call, const auto& answer) {
               const auto body = json_body(call.request);
               if (!body) return answer.fail(body.error());
               auto name = chat::parse_display_name(*body);
               if (!name) return answer.fail(name.error());
               api.chat().set_display_name(call.user(), std::move(*name),
                                           answer.template then<User>(one_user));
             }));
  routes.add(Method::kGet, "/api/v1/users/:user",
             signed_in(api, [&api](const auto& call, const auto& answer) {
               const auto id = user_param(call.request);
               if (!id) return answer.fail(id.error());
               api.chat().user(*id, answer.template then<User>(one_user));
             }));
}

}  // namespace fairlead::api
