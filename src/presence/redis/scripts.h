#pragma once

#include <array>
#include <string>
#include <string_view>

// What the nodes do to the shared map, each an atomic Lua script run by Redis. docs/decisions/0003
// says what the keys hold. All begin with the same arguments (Link::call) and answer an array that
// begins with a word: `ok`, or `fenced` when the lease that is named is no longer one: then nothing
// was changed.
namespace fairlead::presence::scripts {

enum class Script : std::size_t { kLease, kApply, kTick, kDrop, kQuery };
inline constexpr std::size_t kScripts = 5;

std::string source(Script script);

// Arguments, and the answer after the word:
//
// lease GENERATION CURSOR FRESH: makes the lease. Answers: the map's generation; the number of the
// last
//   change before that began; the number of the last change; how many nodes are ready. FRESH
//   becomes the generation of a map that is new, or older than GENERATION and CURSOR say.
// apply (KIND USER SESSION TRANSPORT)*: answers in how many ms the next tick is due.
//   open: announced if it is the user's first; TRANSPORT is followed by " WALL_MS", since when it
//   is. again: the same, but not taken from a live node that has had it since later. quiet: again,
//   but never announced, the others know it. close.
//   away, back: announced if the user is here and it was otherwise before.
//   left: this node knows of no session of theirs any more; offline after the grace, if nobody else
//   does.
// tick [ready]: renews the lease, reaps, ends graces. Answers: in how many ms the next tick is due;
// how
//   many nodes are ready. `ready`: all sessions of this node are registered.
// drop: gives the lease and its sessions up. Answers 1: call it again, there is more.
// query USER*: for each user: kHere, kLeaving or 0; last seen, ms; "LEASE TRANSPORT SINCE" of
// each session; 1 if away.
inline constexpr std::string_view kOpen = "o";
inline constexpr std::string_view kAgain = "r";
inline constexpr std::string_view kQuiet = "q";
inline constexpr std::string_view kClose = "c";
inline constexpr std::string_view kLeft = "l";
inline constexpr std::string_view kAway = "a";
inline constexpr std::string_view kBack = "b";
inline constexpr long long kHere = 2;
inline constexpr long long kLeaving = 1;

}  // namespace fairlead::presence::scripts
