#include "api/api.h"

#include <algorithm>
#include <utility>

#include "api/routes.h"

namespace fairlead::api {

Api::Api(Parts parts, Settings settings)
    : parts_(std::move(parts)),
      registrations_(settings.registrations_per_address),
      login_failures_(settings.login_failures_per_name),
      store_probe_(parts_.writer, parts_.clock) {
  for (const auto& key : settings.api_keys) api_keys_.push_back(fingerprint_.of({key}));
}

bool Api::is_api_key(std::string_view key) const {
  return std::ranges::find(api_keys_, fingerprint_.of({key})) != api_keys_.end();
}

void add_routes(http::Routes& routes, Api& api) {
  add_account_routes(routes, api);
  add_session_routes(routes, api);
  add_room_routes(routes, api);
  add_member_routes(routes, api);
  add_message_routes(routes, api);
  add_search_routes(routes, api);
  add_live_routes(routes, api);
  add_server_routes(routes, api);
  add_operator_routes(routes, api);
}

void load_revocations(store::Store& store, auth::Tokens& tokens) {
  store.open_reader()->read([&tokens](store::View& view) {
    for (const auto& token_id : view.revoked_tokens()) tokens.revoke(token_id);
  });
}

}  // namespace fairlead::api
