#pragma once

#include <optional>

#include "api/handler.h"

namespace fairlead::api {

// How a new token gets to the client: in the answer, or in a cookie that scripts cannot read.
struct Delivery {
  // The request that asks for a cookie; none: in the answer.
  std::shared_ptr<const http::Request> cookie_for;
};

// `"cookie": true` in the body asks for one. Errors: invalid_fields; forbidden, if the page may not
// (check_page: else other sites could sign their visitors in as somebody else).
Result<Delivery> asked_delivery(const Api& api, const http::Request& request, const Json& body);

// 201 `{user, token, expires_at}` with a new token for the user, as POST /users and POST /sessions
// answer; in a cookie without the `token`. No user: as POST /tokens/refresh.
void answer_with_token(Api& api, UserId id, const std::optional<User>& user,
                       const Delivery& delivery, const Answer& answer);

}  // namespace fairlead::api
