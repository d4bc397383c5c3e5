#include "hub/hub.h"

#include <atomic>

#include "hub/shard.h"

namespace fairlead::hub {
namespace {

constexpr char kNoSession[] = "there is no such session here; connect again";

std::size_t hash_of(std::string_view session) {
  return std::hash<std::string_view>()(session);
}

}  // namespace

void Hub::add(Shard* shard) {
  shards_.push_back(shard);
}

void Hub::deliver(const log::BatchPtr& batch) {
  for (auto* shard : shards_) {
    shard->post_news([shard, batch] { shard->deliver(batch); });
  }
}

void Hub::begin_anew(LogPosition head) {
  for (auto* shard : shards_) {
    shard->post_news([shard, head] { shard->begin_anew(head); });
  }
}

void Hub::deliver(Ephemeral event) {
  const auto shared = std::make_shared<const Ephemeral>(std::move(event));
  for (auto* shard : shards_) {
    shard->post_news([shard, shared] { shard->deliver(*shared); });
  }
}

void Hub::announce(Ephemeral event) {
  if (others_.announce) others_.announce(event);
  deliver(std::move(event));
}

void Hub::session_is_here(std::string_view session) const {
  if (others_.session_is_here) others_.session_is_here(std::string(session));
}

void Hub::end_if_older(const std::string& session, std::int64_t than_us) {
  auto* shard = find(session);
  if (shard == nullptr) return;
  shard->post([shard, session, than_us] { shard->end_if_older(session, than_us); });
}

void Hub::end_token(const TokenMark& token, EndReason reason) {
  end_where([token](const Session& session) { return session.token == token; }, reason);
}

void Hub::end_vouched(EndReason reason) {
  end_where([](const Session& session) { return session.vouched; }, reason);
}

void Hub::end_user(UserId user, EndReason reason) {
  end_where([user](const Session& session) { return session.user->profile.id == user; }, reason);
}

void Hub::end_where(const std::function<bool(const Session&)>& which, EndReason reason) {
  for (auto* shard : shards_) {
    shard->post_news([shard, which, reason] { shard->end_where(which, reason); });
  }
}

void Hub::end_session(const std::string& session, EndReason reason) {
  auto* shard = find(session);
  if (shard == nullptr) return;
  shard->post_news([shard, session, reason] {
    shard->end_where([&](const Session& s) { return s.id == session; }, reason);
  });
}

void Hub::prove(UserId user, const std::string& session, const std::string& word,
                std::function<void(Result<void>)> done) {
  const auto told_others = [=, this] {
    return others_.prove && others_.prove(user, session, word);
  };
  const bool is_here = post_proof(user, session, word, [=](Proof proof) {
    // Even a session that was here a moment ago may have moved to another node since.
    if (proof == Proof::kRight || told_others()) {
      done({});
    } else if (proof == Proof::kWrong) {
      done(fail(ErrorCode::kBadRequest, "probe: not the word of this session's hello"));
    } else {
      done(fail(ErrorCode::kNotFound, kNoSession));
    }
  });
  if (is_here) return;
  if (told_others()) return done({});
  done(fail(ErrorCode::kNotFound, kNoSession));
}

void Hub::prove_here(UserId user, const std::string& session, const std::string& word) {
  post_proof(user, session, word, [](Proof) {});
}

bool Hub::post_proof(UserId user, const std::string& session, const std::string& word,
                     const Judged& judged) {
  auto* shard = find(session);
  return shard != nullptr && shard->post([=] {
    auto* found = shard->find(session);
    if (found == nullptr || found->user->profile.id != user) {
      judged(Proof::kNotTheirs);
    } else {
      judged(shard->prove(found, word) ? Proof::kRight : Proof::kWrong);
    }
  });
}

Hub::Place Hub::place(std::string_view session) const {
  std::lock_guard lock(mutex_);
  const auto it = where_.find(hash_of(session));
  return it == where_.end() ? Place{} : it->second;
}

Hub::Place Hub::claim(std::string_view session, Place place) {
  std::lock_guard lock(mutex_);
  return std::exchange(where_[hash_of(session)], place);
}

bool Hub::release(std::string_view session, Place place) {
  std::lock_guard lock(mutex_);
  const auto it = where_.find(hash_of(session));
  if (it == where_.end()) return true;  // whoever claimed it has released it before
  if (it->second != place) return false;
  where_.erase(it);
  return true;
}

HubStats Hub::stats() const {
  HubStats sum;
  for (const auto* shard : shards_) shard->add_stats(sum);
  return sum;
}

void Hub::drain(std::chrono::milliseconds over, std::function<void()> done) {
  const auto left = std::make_shared<std::atomic<std::size_t>>(shards_.size());
  const auto one_done = [left, done = std::move(done)] {
    if (left->fetch_sub(1) == 1) done();
  };
  for (auto* shard : shards_) {
    if (!shard->post([=] { shard->drain(over, one_done); })) one_done();
  }
}

}  // namespace fairlead::hub
