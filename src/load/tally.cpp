#include "load/tally.h"

#include <algorithm>
#include <bit>

namespace fairlead::load {
namespace {

constexpr std::size_t kWordBits = 64;

std::uint64_t bits(std::uint64_t word) {
  return static_cast<std::uint64_t>(std::popcount(word));
}

}  // namespace

void Tally::Counts::add_faults(const Counts& other) {
  lost += other.lost;
  repeated += other.repeated;
  out_of_order += other.out_of_order;
  unasked += other.unasked;
}

void Tally::Counts::set_faults(const Counts& other) {
  lost = repeated = out_of_order = unasked = 0;
  add_faults(other);
}

std::uint64_t Tally::send(MonoTime at) {
  sent_at_.push_back(at);
  fates_.push_back(Fate::kUnknown);
  return sent_at_.size() - 1;
}

void Tally::arrived(std::size_t receiver, std::uint64_t number, std::uint64_t room_seq,
                    MonoTime at) {
  if (number >= sent_at_.size()) {
    ++never_sent_;
    return;
  }
  auto& mine = received_[receiver];
  const auto word = number / kWordBits;
  const auto bit = std::uint64_t{1} << (number % kWordBits);
  if (word >= mine.numbers.size()) mine.numbers.resize(std::max(word + 1, mine.numbers.size() * 2));
  if ((mine.numbers[word] & bit) != 0) {
    ++repeated_;
    return;
  }
  mine.numbers[word] |= bit;
  ++deliveries_;
  if (room_seq < mine.last_seq) ++out_of_order_;
  mine.last_seq = std::max(mine.last_seq, room_seq);
  latency_.record((at - sent_at_[number]).count());
  last_arrival_ = at;
}

std::vector<std::uint64_t> Tally::kept() const {
  std::vector<std::uint64_t> words(fates_.size() / kWordBits + 1);
  for (std::size_t number = 0; number < fates_.size(); ++number) {
    if (fates_[number] != Fate::kKept) continue;
    words[number / kWordBits] |= std::uint64_t{1} << (number % kWordBits);
  }
  return words;
}

Tally::Counts Tally::counts() const {
  Counts counts;
  std::vector<std::uint64_t> refused_words(fates_.size() / kWordBits + 1);
  for (std::size_t number = 0; number < fates_.size(); ++number) {
    counts.sent += fates_[number] == Fate::kKept;
    counts.unknown += fates_[number] == Fate::kUnknown;
    if (fates_[number] == Fate::kRefused) {
      refused_words[number / kWordBits] |= std::uint64_t{1} << (number % kWordBits);
    }
  }
  const auto kept_words = kept();
  for (const auto& mine : received_) {
    for (std::size_t word = 0; word < kept_words.size(); ++word) {
      const auto got = word < mine.numbers.size() ? mine.numbers[word] : 0;
      counts.lost += bits(kept_words[word] & ~got);
      counts.unasked += bits(refused_words[word] & got);
    }
  }
  counts.deliveries = deliveries_;
  counts.repeated = repeated_;
  counts.out_of_order = out_of_order_;
  counts.unasked += never_sent_;
  return counts;
}

bool Tally::complete() const {
  const auto kept_count =
      static_cast<std::uint64_t>(std::count(fates_.begin(), fates_.end(), Fate::kKept));
  return deliveries_ >= kept_count * received_.size() && counts().lost == 0;
}

}  // namespace fairlead::load
