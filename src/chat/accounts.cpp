#include "chat/accounts.h"

#include <utility>

#include "core/limits.h"
#include "core/random.h"
#include "protocol/ids.h"

namespace fairlead::chat {
namespace {

constexpr std::size_t kSuffixChars = 6;
constexpr int kNameTries = 20;

std::optional<std::string> free_name(store::View& view, std::string_view subject) {
  const auto wanted = name_like(subject);
  auto name = wanted;
  for (int tries = 0; tries < kNameTries; ++tries) {
    if (!view.user_by_name(name)) return name;
    const auto digits = protocol::base32(random_id());
    name = wanted.substr(0, limits::kUserNameCharsMax - kSuffixChars - 1) + '-' +
           digits.substr(digits.size() - kSuffixChars);
  }
  return std::nullopt;
}

}  // namespace

std::int64_t random_id() {
  std::int64_t id = 0;
  while (id == 0) id = static_cast<std::int64_t>(random_u64() >> 4);
  return id;
}

Login find_login(store::View& view, std::string_view name) {
  Login login{view.user_by_name(name), {}};
  if (login.user) login.password_hash = view.password_hash(login.user->id).value_or("");
  return login;
}

Result<User> register_user(store::Transaction& tx, std::string name, std::string display_name,
                           std::string_view password_hash, std::int64_t now_ms) {
  if (tx.user_by_name(name)) return fail(ErrorCode::kNameTaken, "choose another name");
  const User user{UserId(random_id()), std::move(name), std::move(display_name), now_ms};
  tx.insert_user(user, password_hash);
  return user;
}

std::string name_like(std::string_view subject) {
  std::string name;
  for (const char c : subject.substr(0, limits::kUserNameCharsMax)) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool fits =
        (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
    name += upper ? static_cast<char>(c - 'A' + 'a') : fits ? c : '-';
  }
  if (name.size() < limits::kUserNameCharsMin) name.insert(0, "u-");
  return name;
}

Result<UserId> external_user(store::Transaction& tx, const ExternalUser& external,
                             std::int64_t now_ms) {
  if (const auto known = tx.external_account(external.issuer, external.subject)) return *known;
  const auto name = free_name(tx, external.subject);
  if (!name) return fail(ErrorCode::kNameTaken, "there are too many names like this user's");
  auto user =
      register_user(tx, *name, external.display_name.empty() ? *name : external.display_name,
                    /*password_hash=*/"", now_ms);
  if (!user) return fail(user.error());
  tx.insert_external_account(external.issuer, external.subject, user->id);
  return user->id;
}

Result<User> read_user(store::View& view, UserId id) {
  auto user = view.user(id);
  if (!user) return fail(ErrorCode::kNotFound, "there is no such user");
  return std::move(*user);
}

Result<User> set_display_name(store::Transaction& tx, UserId id, std::string display_name) {
  auto user = read_user(tx, id);
  if (!user || user->display_name == display_name) return user;
  user->display_name = std::move(display_name);
  tx.update_user(*user);
  return user;
}

}  // namespace fairlead::chat
