#include "chat/accounts.h"

#include <utility>

#include "core/random.h"

namespace fairlead::chat {

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
