#include "search/searcher.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace fairlead::search {
namespace {

using Hit = store::SearchIndex::Hit;

void best_first(std::vector<Hit>& hits) {
  std::vector<std::pair<double, Hit>> ranked;
  for (auto& hit : hits) {
    const auto fit = fit_of(hit.marked);
    ranked.emplace_back(fit, std::move(hit));
  }
  // They came newest first, and of equals they stay so.
  std::ranges::stable_sort(ranked, [](const auto& a, const auto& b) { return a.first > b.first; });
  std::ranges::transform(ranked, hits.begin(), [](auto& each) { return std::move(each.second); });
}

// Whether the index's text is that of the message as it is now; the index has blanks for the marks.
bool is_text_of(const Message& message, std::string_view indexed) {
  using store::SearchIndex;
  return std::ranges::equal(message.text, indexed, [](char now, char then) {
    return now == then || (then == ' ' && (now == '\0' || now == SearchIndex::kMarkBegin ||
                                           now == SearchIndex::kMarkEnd));
  });
}

// The store has the last word: what was edited or deleted in this moment is not shown as it was.
std::vector<Found> look_up(store::View& view, std::vector<Hit> hits, const Question& question) {
  std::vector<Found> found;
  for (const auto& hit : hits) {
    if (found.size() == question.limit) break;
    auto message = view.message(hit.room, hit.id, question.asker);
    if (!message || message->deleted_at_ms != 0) continue;
    if (!is_text_of(*message, unmarked(hit.marked))) continue;
    found.push_back({std::move(*message), excerpt_of(hit.marked)});
  }
  return found;
}

}  // namespace

Searcher::Searcher(store::Store& store, std::unique_ptr<store::SearchIndex> index,
                   const Clock& clock)
    : reader_(store.open_reader()),
      index_(std::move(index)),
      clock_(clock),
      indexer_(*reader_, *index_) {}

Searcher::~Searcher() {
  stop();
}

void Searcher::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "search");
    run();
  });
}

void Searcher::stop() {
  std::deque<Job> left;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    left.swap(jobs_);
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (auto& job : left) job.done(fail(ErrorCode::kShuttingDown, "try again in a moment"));
}

void Searcher::look() {
  std::lock_guard lock(mutex_);
  if (!std::exchange(behind_, true)) wake_.notify_one();
}

void Searcher::ask(Question question, Done done) {
  auto code = ErrorCode::kShuttingDown;
  {
    std::lock_guard lock(mutex_);
    const auto own = std::ranges::count_if(
        jobs_, [&](const Job& job) { return job.question.asker == question.asker; });
    if (!stopping_ && jobs_.size() < kQuestionsMax &&
        static_cast<std::size_t>(own) < kQuestionsOfOneMax) {
      jobs_.push_back({std::move(question), std::move(done)});
      wake_.notify_one();
      return;
    }
    if (!stopping_) code = ErrorCode::kOverloaded;
  }
  auto refusal = error(code, "try again in a moment");
  refusal.retry_after_s = 1;
  done(fail(std::move(refusal)));
}

void Searcher::run() {
  std::unique_lock lock(mutex_);
  auto rest = MonoTime::duration(kGather);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || behind_ || !jobs_.empty(); });
    wake_.wait_for(lock, rest, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    if (!jobs_.empty()) {
      const auto job = next_job();
      lock.unlock();
      answer(job);
      lock.lock();
    } else {
      behind_ = false;
      lock.unlock();
      const auto begun = clock_.mono();
      keep_up();
      reader_->release_memory();
      rest = std::clamp<MonoTime::duration>(kRest * (clock_.mono() - begun), kGather, kRestMax);
      lock.lock();
    }
  }
}

// Nobody's turn comes twice while somebody else waits: a question may take seconds.
Searcher::Job Searcher::next_job() {
  auto next = std::ranges::find_if(
      jobs_, [this](const Job& job) { return job.question.asker != last_asker_; });
  if (next == jobs_.end()) next = jobs_.begin();
  auto job = std::move(*next);
  jobs_.erase(next);
  last_asker_ = job.question.asker;
  return job;
}

bool Searcher::is_stopping() {
  std::lock_guard lock(mutex_);
  return stopping_;
}

void Searcher::keep_up() {
  try {
    if (!indexer_.step()) return;
  } catch (const std::exception& e) {
    failures_.report("search_index_failed", e.what());
  }
  look();  // there is more, or it has to be tried again
}

void Searcher::answer(const Job& job) {
  Result<Findings> found = fail(ErrorCode::kStoreUnavailable, "try again in a moment");
  try {
    found = find(job.question);
  } catch (const std::exception& e) {
    failures_.report("search_failed", e.what());
  }
  job.done(std::move(found));
}

// What the index has is better than nothing, if it cannot take more (a full disk, a busy file).
bool Searcher::catch_up(MonoTime until) {
  try {
    while (indexer_.step()) {
      if (clock_.mono() >= until || is_stopping()) return false;
    }
    return true;
  } catch (const std::exception& e) {
    failures_.report("search_index_failed", e.what());
    return false;
  }
}

Result<Findings> Searcher::find(const Question& question) {
  Findings findings;
  const bool is_caught_up = catch_up(clock_.mono() + kCatchUpMax);
  const auto until = clock_.mono() + kFindMax;
  const auto enough = [&] { return clock_.mono() >= until || is_stopping(); };
  std::optional<Error> refusal;
  reader_->read([&](store::View& view) {
    const auto rooms = question.rooms(view);
    if (!rooms) {
      refusal = rooms.error();
      return;
    }
    auto hits = index_->find(question.terms, *rooms, kCandidatesMax, enough);
    findings.complete = is_caught_up && hits.complete;
    best_first(hits.newest_first);
    findings.found = look_up(view, std::move(hits.newest_first), question);
  });
  if (refusal) return fail(std::move(*refusal));
  return findings;
}

}  // namespace fairlead::search
