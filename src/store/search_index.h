#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "store/view.h"

namespace fairlead::store {

// What was said, so that it can be found again: made out of the log and the messages, and lost
// without loss. Any number of processes may have the same one open; each step is taken by one of
// them. Blocking (disk); one thread at a time. Methods may throw StoreFailure; one that finds the
// index damaged leaves an empty one behind.
class SearchIndex {
 public:
  virtual ~SearchIndex() = default;

  struct State {
    LogPosition position;  // everything up to here is in it
    LogPosition began_at;  // the head of the log when it was begun: it has all of what was older
  };
  virtual State state() = 0;

  // What has happened between two positions of the log.
  struct Step {
    LogPosition from, to;
    std::vector<Said> said;          // new, or other than before
    std::vector<MessageId> unsaid;   // deleted
    std::vector<RoomId> rooms_gone;  // with all that was said in them
  };
  // False: the index does not stand at `step.to`, so that another step is to be taken. It did not
  // stand at `from` any more, or there was too much to forget at once.
  virtual bool apply(const Step& step) = 0;
  // Forgets all.
  virtual void begin_anew(LogPosition head) = 0;

  struct Hit {
    MessageId id;
    RoomId room;
    std::string marked;  // the text, with what matches between kMarkBegin and kMarkEnd
  };
  static constexpr char kMarkBegin = '\x02', kMarkEnd = '\x03';

  // One thing to look for: words next to each other; the last one may be the beginning of a word.
  struct Term {
    std::string words;
    bool is_prefix = false;
  };
  struct Hits {
    std::vector<Hit> newest_first;
    bool complete = true;  // false: somebody has had enough of it
  };
  // What contains all of `terms`, in any of `rooms`; the newest `limit` of them. `enough` is asked
  // often, and ends it: what nobody says but everybody's words come close to may take long.
  virtual Hits find(const std::vector<Term>& terms, const std::vector<RoomId>& rooms,
                    std::size_t limit, const std::function<bool()>& enough) = 0;
};

}  // namespace fairlead::store
