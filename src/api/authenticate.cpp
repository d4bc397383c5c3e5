#include "api/authenticate.h"

#include <algorithm>
#include <utility>

namespace fairlead::api {
namespace {

constexpr std::string_view kScheme = "bearer";

bool same_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

}  // namespace

std::optional<std::string_view> bearer_token(const http::Request& request) {
  const auto value = request.header("authorization");
  if (!value || value->size() <= kScheme.size()) return std::nullopt;
  if (!same_ignoring_case(value->substr(0, kScheme.size()), kScheme)) return std::nullopt;
  auto token = value->substr(kScheme.size());
  const auto begin = token.find_first_not_of(' ');
  if (begin == 0 || begin == std::string_view::npos) return std::nullopt;
  token.remove_prefix(begin);
  token.remove_suffix(token.size() - token.find_last_not_of(' ') - 1);
  return token;
}

Error with_challenge(Error error) {
  if (error.code == ErrorCode::kUnauthorized) error.headers.emplace("WWW-Authenticate", "Bearer");
  return error;
}

Result<auth::Identity> authenticate(const http::Request& request, const auth::Tokens& tokens) {
  const auto token = bearer_token(request);
  if (!token) {
    return fail(with_challenge(
        error(ErrorCode::kUnauthorized, "send a token as `Authorization: Bearer TOKEN`")));
  }
  auto identity = tokens.check_token(*token);
  if (!identity) return fail(with_challenge(std::move(identity.error())));
  return identity;
}

}  // namespace fairlead::api
