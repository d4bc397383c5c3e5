#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/api.h"
#include "core/result.h"
#include "http/message.h"
#include "http/responder.h"
#include "protocol/json.h"

// What all REST handlers have in common: answering, reading the body, knowing the caller.
namespace fairlead::api {

using protocol::Json;

// The one answer to one request, in this API's forms. Copyable; any thread.
class Answer {
 public:
  Answer(http::Responder responder, std::string request_id)
      : responder_(std::move(responder)), request_id_(std::move(request_id)) {}

  using Headers = std::vector<std::pair<std::string, std::string>>;
  void json(int status, std::string body, Headers headers = {}) const;
  void json(int status, const Json& body, Headers headers = {}) const {
    json(status, protocol::dump(body), std::move(headers));
  }
  // 200 with an ETag, or 304 without a body if that is among `known` (the request's If-None-Match):
  // for the client's own cache, which asks each time, and nobody else's.
  void json_unless_known(std::string_view known, std::string body) const;
  void text(int status, std::string content_type, std::string body) const;
  void none(Headers headers = {}) const;  // 204
  void fail(const Error& error) const;

  // A `done` that answers with the error, or lets `good` answer: good(const Answer&, T).
  template <typename T, typename Good>
  chat::Done<T> then(Good good) const {
    return [answer = *this, good = std::move(good)](Result<T> result) {
      if (!result) return answer.fail(result.error());
      good(answer, std::move(*result));
    };
  }
  chat::Done<void> then_none() const {
    return [answer = *this](Result<void> result) {
      if (!result) return answer.fail(result.error());
      answer.none();
    };
  }
  // The same, with what was done noted.
  chat::Done<void> then_none(Api& api, audit::Entry entry) const {
    return [answer = *this, &api, entry = std::move(entry)](Result<void> result) {
      if (!result) return answer.fail(result.error());
      api.note(entry);
      answer.none();
    };
  }

 private:
  http::Responder responder_;
  std::string request_id_;
};

// A handler that anybody may call.
using OpenHandler = std::function<void(const http::Request&, const Answer&)>;
http::Handler open(OpenHandler handler);

// A handler for who is signed in; others get the 401.
struct Call {
  const http::Request& request;
  const auth::Identity& identity;
  UserId user() const { return identity.user; }
  // Whether the token came in the cookie.
  bool by_cookie() const { return !request.header("authorization"); }
};
// By what an address is counted: whoever has an IPv6 network has all of its addresses.
std::string throttle_key(const std::string& client_ip);

// An audit entry about what this request asks for. `action`: a constant.
audit::Entry entry_of(const http::Request& request, std::string_view action);
audit::Entry entry_of(const Call& call, std::string_view action, RoomId room = {});

using SignedInHandler = std::function<void(const Call&, const Answer&)>;
http::Handler signed_in(Api& api, SignedInHandler handler);

// … about one room, whose id is in the path; what cannot be an id is 404.
using RoomHandler = std::function<void(const Call&, RoomId, const Answer&)>;
http::Handler in_room(Api& api, RoomHandler handler);

// … about one message of a room.
using MessageHandler = std::function<void(const Call&, RoomId, MessageId, const Answer&)>;
http::Handler on_message(Api& api, MessageHandler handler);

// The body as a JSON object. Errors: unsupported_media_type (another Content-Type than
// application/json, or a Content-Encoding), malformed_json.
Result<Json> json_body(const http::Request& request);

// Whether an If-None-Match header names `tag`; `*` names every one (RFC 9110 section 13.1.2:
// weakly, as a proxy that compresses makes tags weak).
bool names_tag(std::string_view if_none_match, std::string_view tag);

// A user's id in the path. What cannot be an id is what is not there: not_found.
Result<UserId> user_param(const http::Request& request);

// `?NAME=` as a number of min..max, `otherwise` if it is absent. Errors: invalid_fields.
Result<std::size_t> number_query(const http::Request& request, const char* name, std::size_t min,
                                 std::size_t max, std::size_t otherwise);

}  // namespace fairlead::api
