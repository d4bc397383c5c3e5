#include <algorithm>

#include "protocol/json.h"
#include "store/sqlite/reads.h"
#include "store/sqlite/rows.h"

namespace fairlead::store::sqlite {
namespace {

// Display names that begin alike are looked at up to here, so that one letter cannot read every
// account.
constexpr std::int64_t kDisplayNamesMax = 1000;

std::string lower(std::string_view text) {
  std::string folded(text);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

// Above every text that begins with `prefix` (bytewise; UTF-8 has no byte 0xFF).
std::string successor(std::string prefix) {
  if (prefix.empty()) return "\xff";
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

}  // namespace

std::optional<User> Reads::user(UserId id) {
  auto rows = db_.query("SELECT" FAIRLEAD_USER_COLUMNS "FROM users u WHERE id = ?", id);
  if (!rows.next()) return std::nullopt;
  return user_of(rows);
}

std::optional<User> Reads::user_by_name(std::string_view name) {
  auto rows = db_.query("SELECT" FAIRLEAD_USER_COLUMNS "FROM users u WHERE name = ?", name);
  if (!rows.next()) return std::nullopt;
  return user_of(rows);
}

std::optional<std::string> Reads::password_hash(UserId id) {
  auto rows = db_.query("SELECT password_hash FROM users WHERE id = ?", id);
  if (!rows.next()) return std::nullopt;
  return rows.text(0);
}

std::optional<UserId> Reads::external_account(std::string_view issuer, std::string_view subject) {
  const auto id = db_.number("SELECT user FROM external_accounts WHERE issuer = ? AND subject = ?",
                             0, issuer, subject);
  if (id == 0) return std::nullopt;
  return UserId(id);
}

std::vector<User> Reads::find_users(std::string_view prefix, std::size_t limit) {
  const auto from = lower(prefix);
  const auto to = successor(from);
  std::vector<User> found;
  const auto take = [&](Rows& rows) {
    while (rows.next()) found.push_back(user_of(rows));
  };
  {
    auto rows = db_.query("SELECT" FAIRLEAD_USER_COLUMNS
                          "FROM users u WHERE name >= ? AND name < ? ORDER BY name LIMIT ?",
                          from, to, limit);
    take(rows);
  }
  {
    // The range may be wider than the prefix ('@' + 1 folds to 'a'), so the prefix is compared,
    // too.
    auto rows = db_.query(
        "SELECT" FAIRLEAD_USER_COLUMNS
        "FROM users u WHERE display_name COLLATE NOCASE >= ?1 AND display_name COLLATE NOCASE < ?2 "
        "AND lower(substr(display_name, 1, ?3)) = ?1 ORDER BY display_name COLLATE NOCASE LIMIT ?4",
        from, to, protocol::characters(from), kDisplayNamesMax);
    take(rows);
  }
  std::sort(found.begin(), found.end(),
            [](const User& a, const User& b) { return a.name < b.name; });
  found.erase(std::unique(found.begin(), found.end(),
                          [](const User& a, const User& b) { return a.id == b.id; }),
              found.end());
  if (found.size() > limit) found.resize(limit);
  return found;
}

bool Reads::token_revoked(std::string_view token_id) {
  return db_.number("SELECT 1 FROM revoked_tokens WHERE id = ?", 0, token_id) == 1;
}

std::vector<std::string> Reads::revoked_tokens() {
  std::vector<std::string> ids;
  auto rows = db_.query("SELECT id FROM revoked_tokens");
  while (rows.next()) ids.push_back(rows.text(0));
  return ids;
}

std::string Reads::setting(std::string_view key) {
  auto rows = db_.query("SELECT value FROM settings WHERE key = ?", key);
  return rows.next() ? rows.text(0) : std::string();
}

}  // namespace fairlead::store::sqlite
