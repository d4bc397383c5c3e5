#pragma once

#include <optional>
#include <string>

#include "core/result.h"
#include "store/transaction.h"

// Who has an account. Pure rules, inside somebody else's transaction or view.
namespace fairlead::chat {

struct Login {
  std::optional<User> user;   // nullopt: no such name
  std::string password_hash;  // empty then
};

Login find_login(store::View& view, std::string_view name);

// Errors: name_taken.
Result<User> register_user(store::Transaction& tx, std::string name, std::string display_name,
                           std::string_view password_hash, std::int64_t now_ms);

// Somebody whom an external issuer vouches for.
struct ExternalUser {
  std::string issuer;
  std::string subject;       // the issuer's name for them
  std::string display_name;  // empty: none
};
// The user that they are here. At first sight one is made, with a name like the subject's that
// nobody has: whoever has it already keeps it. No password leads to it.
Result<UserId> external_user(store::Transaction& tx, const ExternalUser& external,
                             std::int64_t now_ms);
// A user's name as near to `subject` as the rules for names let it be. Pure.
std::string name_like(std::string_view subject);

// Errors: not_found.
Result<User> read_user(store::View& view, UserId id);
Result<User> set_display_name(store::Transaction& tx, UserId id, std::string display_name);

// Random, not 0, and fit for the wire's 13 base-32 digits: 60 bits.
std::int64_t random_id();

}  // namespace fairlead::chat
