#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/numbers.h"

namespace fairlead::nginx {

// Where in a configuration a directive counts. The last four are kinds of locations.
enum class Level : std::uint8_t {
  kMain,
  kEvents,
  kHttp,
  kUpstream,  // the block with the nodes
  kTls,       // where TLS is spoken: http or server
  kStream,    // an answer without an end: SSE, and /rt/v1/connect, which may become any transport
  kWebSocket,
  kPoll,  // an answer that is held back until there is something to say
  kRest,  // answers with an end
};
std::string_view name_of(Level level);

// A request whose location is of that kind; empty for the levels that are none.
std::string_view example_path(Level level);

// How a value that somebody else wrote is judged beside ours.
enum class Rule : std::uint8_t {
  kSame,            // word for word
  kSecondsAtLeast,  // a time
  kSecondsAtMost,
  kBytesAtLeast,  // a size
  kBytesAtMost,
  kCountAtLeast,  // a number
  kPresent,       // any value, as long as there is one that is not empty
  kAbsent,        // must not stand there with this value; is never rendered
  kTaste,         // any value, or none, works
};

// One directive that the server counts on.
struct Directive {
  std::string name;   // proxy_read_timeout; where several stand side by side with the word
                      // that tells them apart: "proxy_set_header Upgrade"
  std::string value;  // as nginx writes it: 75s, off, 4 8k. Sizes, times: the last word
  Rule rule = Rule::kTaste;
  std::string_view why;        // what it is for, or what goes wrong with another value: one line
  std::string_view otherwise;  // what nginx 1.22 does where nothing is written; empty: nothing
  std::string bound = {};      // what another value is judged against; empty: `value`
};

// What belongs on that level; what stands on kHttp counts for the locations too, unless they say
// otherwise. The renderer writes exactly these, so that what is expected and what
// is rendered cannot differ. Pure, any thread.
std::vector<Directive> directives_of(Level level, const Numbers& numbers = {});

// Whether `value` does what is expected: `found` as it stands in a configuration, without the name
// and the semicolon; empty if it is nowhere, then `otherwise` counts. Of a directive that may be
// repeated (proxy_pass_header) one that meets it is enough. A value that nginx itself would refuse
// is not good. Pure.
bool is_met(const Directive& directive, std::string_view found);

}  // namespace fairlead::nginx
