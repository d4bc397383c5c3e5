#include "search/indexer.h"

#include <algorithm>
#include <optional>
#include <set>

#include "protocol/ids.h"
#include "protocol/json.h"

namespace fairlead::search {
namespace {

constexpr std::size_t kMessagesAtOnce = 1000;
constexpr std::size_t kEventsAtOnce = 2000;
// When nothing was said for so many events, the index is told all the same: or the next start would
// look through them again. So it is when they begin to be pruned: or it would seem to have missed
// something.
constexpr std::int64_t kSilenceMax = 10'000;

bool says(const store::Event& event, std::string_view type) {
  return event.json.starts_with(R"({"type":")" + std::string(type) + '"');
}

// The message that an event changes; nullopt: none, or it has made it.
std::optional<MessageId> changed_by(const store::Event& event) {
  if (!says(event, "message.updated") && !says(event, "message.deleted")) return std::nullopt;
  const auto json = protocol::Json::parse(event.json, nullptr, /*allow_exceptions=*/false);
  const auto data = json.find("data");
  if (data == json.end() || !data->contains("id")) return std::nullopt;
  return protocol::parse_message_id(data->at("id").get<std::string>());
}

MessageId message_at(LogPosition position) {
  return MessageId(position.value());
}

// What has happened behind `from`, as it looks now.
store::SearchIndex::Step read_step(store::View& view, LogPosition from) {
  store::SearchIndex::Step step{from, view.head(), {}, {}, {}};
  const auto events = view.events(from, step.to, kEventsAtOnce);
  if (events.size() == kEventsAtOnce) step.to = events.back()->position;
  step.said = view.said(message_at(from), message_at(step.to), kMessagesAtOnce);
  if (step.said.size() == kMessagesAtOnce) step.to = LogPosition(step.said.back().id.value());
  std::set<MessageId> changed;
  for (const auto& event : events) {
    if (event->position > step.to) break;
    if (event->kind == store::EventKind::kRoomDeleted) step.rooms_gone.push_back(event->room);
    if (const auto id = changed_by(*event); id && *id <= message_at(from)) changed.insert(*id);
  }
  for (const auto id : changed) {
    auto now = view.said(MessageId(id.value() - 1), id, 1);
    if (now.empty()) {
      step.unsaid.push_back(id);
    } else {
      step.said.push_back(std::move(now.front()));
    }
  }
  return step;
}

}  // namespace

bool Indexer::step() {
  const auto state = index_.state();
  // Where it stands behind the silence's beginning, another process has begun it anew.
  const auto from =
      state.position < silence_.from ? state.position : std::max(state.position, silence_.to);
  std::optional<store::SearchIndex::Step> step;
  LogPosition head, floor;
  log_.read([&](store::View& view) {
    head = view.head();
    floor = view.floor();
    // A store from a backup, or edits that nobody can tell any more.
    const bool is_astray = state.position > head || (floor > from && floor > state.began_at);
    if (!is_astray) step = read_step(view, from);
  });
  if (!step) {
    silence_ = {};
    index_.begin_anew(head);
    return true;
  }
  const bool is_silent = step->said.empty() && step->unsaid.empty() && step->rooms_gone.empty();
  const bool is_long =
      floor > state.position || step->to.value() - state.position.value() > kSilenceMax;
  step->from = state.position;
  if (is_silent && !is_long) {
    silence_ = {state.position, step->to};
    return step->to < head;
  }
  const bool is_taken = index_.apply(*step);  // or another process was faster, maybe not as far
  return !is_taken || step->to < head;
}

}  // namespace fairlead::search
