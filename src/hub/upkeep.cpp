// What time does to sessions: heartbeats, proofs, slow clients, parked polls, drain.
#include "core/log_line.h"
#include "core/random.h"
#include "hub/shard.h"
#include "hub/turn.h"

namespace fairlead::hub {
namespace {

// Nodes that lost Redis together do not find it again together.
constexpr std::chrono::seconds kOthersAreBack{3};

}  // namespace

void Shard::tick() {
  Turn turn(*this);
  cpu_began_ = thread_cpu_time();
  send_second_probes();
  if (settings_.proofs_arrive && !settings_.proofs_arrive()) proofs_lost_at_ = now_;
  end_unproven();
  if (drained_) drain_slice();
  replay_.tidy(now_);
  auto& slot = slots_[tick_++ % kSlots];
  // Backwards: removing one puts the last, already looked after, in its place.
  for (std::size_t i = slot.size(); i-- > 0;) look_after(*slot[i]);
}

void Shard::look_after(Session& session) {
  if (session.state == Session::State::kParked) {
    if (now_ - session.since >= settings_.poll_session_life) remove(&session);
    return;
  }
  if (session.state == Session::State::kOpening) return;
  if (session.token_expires_at_ms != 0 && clock_.wall_ms() >= session.token_expires_at_ms) {
    end(&session, EndReason::kAuthEnded);
    return;
  }
  if (session.blocked && session.transport->has_read()) session.since = now_;
  if (session.blocked && now_ - session.since >= settings_.slow_timeout) {
    ++counters_.slow_closed;
    log_info("session_slow session={} outbox_bytes={}", session.id.view(), session.outbox.bytes());
    end(&session, EndReason::kSlow);
    return;
  }
  const bool silent = now_ - session.last_queued >= std::chrono::seconds(session.heartbeat_s);
  if (silent && session.kind != TransportKind::kPoll && !session.blocked) {
    queue_own(session, heartbeat_json(cursor_at(session.sent), clock_.wall_ms()));
    session.transport->ping();
  }
}

void Shard::send_second_probes() {
  while (!second_probes_.empty() && second_probes_.front().first <= now_) {
    auto* session = find(second_probes_.front().second);
    second_probes_.pop_front();
    if (session != nullptr)
      queue_own(*session, probe_json(session->probe_word()), /*control=*/true);
  }
}

void Shard::end_unproven() {
  while (!unproven_.empty() && unproven_.front().first <= now_) {
    const auto [due, key] = unproven_.front();
    const auto came = due - settings_.probe_timeout;
    auto* session = find(key);
    unproven_.pop_front();
    if (session == nullptr || session->proven) continue;
    // Its client, which was thanked for it, will not give it twice.
    const bool may_have_got_lost = session->kind == TransportKind::kSse && proofs_lost_at_ &&
                                   *proofs_lost_at_ + kOthersAreBack >= came;
    if (may_have_got_lost) continue;
    // Who waits for our store has not heard hello: its network has done nothing.
    if (settings_.networks && session->attached) {
      const auto cause = session->kind == TransportKind::kSse ? Cause::kBuffered
                         : session->transport->has_spoken()   ? Cause::kSilent
                                                              : Cause::kOneWay;
      settings_.networks->unproven(session->network, session->kind, cause);
    }
    end(session, EndReason::kUnproven);
  }
}

void Shard::drain(std::chrono::milliseconds over, std::function<void()> done) {
  drained_ = std::move(done);
  drain_over_ = over;
}

void Shard::drain_slice() {
  // 10,000 at once would hold the loop for seconds (docs/decisions); the clients come back spread
  // over the whole drain time, each at its own moment.
  constexpr std::size_t kSlice = 200;
  const auto spread = static_cast<std::uint64_t>(std::max<std::int64_t>(drain_over_.count(), 1));
  for (const auto key : sessions_.some(kSlice)) {
    if (auto* session = find(key)) {
      end(session, EndReason::kRestart, static_cast<std::int64_t>(random_u64() % spread));
    }
  }
  if (sessions_.empty() && !drain_reported_) {
    drain_reported_ = true;
    drained_();
  }
}

}  // namespace fairlead::hub
