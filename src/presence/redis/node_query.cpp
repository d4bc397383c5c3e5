#include <algorithm>

#include "presence/redis/node.h"
#include "presence/redis/reply.h"

namespace fairlead::presence {
namespace {

constexpr std::size_t kPageUsers = 256;  // bounds how long one query holds Redis
constexpr std::size_t kPendingMax =
    4096;  // commands without an answer; beyond, queries are refused

}  // namespace

void Node::query(const std::shared_ptr<Question>& question) {
  role_.assert_here();
  if (phase_ != Phase::kHealthy || link_.pending() > kPendingMax) return;
  flush();  // what was opened and closed before is asked about
  for (std::size_t from = 0; from < question->users().size(); from += kPageUsers) {
    query_page(question, from);
  }
}

void Node::query_page(const std::shared_ptr<Question>& question, std::size_t from) {
  const auto& users = question->users();
  const std::size_t count = std::min(kPageUsers, users.size() - from);
  std::vector<std::string> arguments;
  arguments.reserve(count);
  for (std::size_t i = 0; i < count; ++i) arguments.push_back(key_of(users[from + i]));
  link_.call(scripts::Script::kQuery, lease_, std::move(arguments),
             [this, question, from, count, registration = registration_](const redisReply* reply) {
               if (!current(registration, reply) || reply->elements != count + 1) return;
               for (std::size_t i = 0; i < count; ++i) {
                 State state = parse_state(*reply->element[i + 1], clock_.wall_ms());
                 // Another node may not have registered again yet.
                 if (state.status == Status::kOffline && settling()) state = State{};
                 question->answer(question->users()[from + i], std::move(state));
               }
             });
}

bool Node::settling() {
  const auto now = loop_.now();
  return now < all_noticed_at_ || (nodes_ < nodes_before_ && now < settled_at_);
}

}  // namespace fairlead::presence
