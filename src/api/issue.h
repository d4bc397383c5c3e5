#pragma once

#include "api/api.h"
#include "protocol/json.h"

namespace fairlead::api {

// A new token for the user, as POST /users and POST /sessions answer: `{user, token, expires_at}`.
protocol::Json session_json(Api& api, const User& user);

}  // namespace fairlead::api
