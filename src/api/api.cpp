#include "api/api.h"

#include <algorithm>
#include <utility>

#include "api/handler.h"
#include "api/routes.h"

namespace fairlead::api {

Api::Api(Parts parts, Settings settings)
    : parts_(std::move(parts)),
      entrance_(
          {parts_.tokens, parts_.external_tokens, settings.origins, parts_.audit, parts_.clock}),
      registrations_(settings.registrations_per_address),
      login_failures_(settings.login_failures_per_name),
      address_failures_(settings.login_failures_per_address),
      store_probe_(parts_.writer, parts_.clock) {
  for (const auto& key : settings.api_keys) api_keys_.push_back(fingerprint_.of({key}));
}

bool Api::is_api_key(std::string_view key) const {
  return std::ranges::find(api_keys_, fingerprint_.of({key})) != api_keys_.end();
}

void Api::note(audit::Entry entry) {
  if (parts_.audit != nullptr) parts_.audit->note(std::move(entry));
}

void Api::note_seldom(audit::Entry entry) {
  if (parts_.audit == nullptr) return;
  if (seldom_.charge(throttle_key(entry.address), clock().mono()).allowed) note(std::move(entry));
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
