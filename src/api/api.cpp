#include "api/api.h"

#include <utility>

#include "api/routes.h"

namespace fairlead::api {

Api::Api(Parts parts, Settings settings)
    : parts_(std::move(parts)),
      registrations_(settings.registrations_per_address),
      login_failures_(settings.login_failures_per_name),
      store_probe_(parts_.writer, parts_.clock) {}

void add_routes(http::Routes& routes, Api& api) {
  add_account_routes(routes, api);
  add_session_routes(routes, api);
  add_room_routes(routes, api);
  add_member_routes(routes, api);
  add_message_routes(routes, api);
  add_live_routes(routes, api);
  add_operator_routes(routes, api);
}

void load_revocations(store::Store& store, auth::Tokens& tokens) {
  store.open_reader()->read([&tokens](store::View& view) {
    for (const auto& token_id : view.revoked_tokens()) tokens.revoke(token_id);
  });
}

}  // namespace fairlead::api
