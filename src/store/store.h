#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/transaction.h"
#include "store/view.h"

namespace fairlead::store {

// The durable truth: the event log and the chat's tables, in one place. An implementation is opened by
// app/; everything else knows only this. Methods block on disk and may throw StoreFailure.
class Store {
 public:
  virtual ~Store() = default;

  // The log's epoch: kEpochChars of [0-9a-v], made when the store was created. Constant; any thread.
  virtual const std::string& epoch() const = 0;

  // Runs `work` in one write transaction and commits durably (SQLite: synchronous=FULL): when this returns,
  // a power cut loses nothing of it. Throws (StoreFailure, or what `work` threw) with nothing written.
  // One caller at a time: the log's writer thread.
  virtual void write(const std::function<void(Transaction&)>& work) = 0;

  // Does some of what a later write would have to do first: for when nothing waits to be written. Blocks for some
  // milliseconds, never throws. The same caller.
  virtual void tidy() noexcept {}

  // Runs `work` on one consistent snapshot. Any thread may call it through its own Reader.
  class Reader {
   public:
    virtual ~Reader() = default;
    virtual void read(const std::function<void(View&)>& work) = 0;
    // Gives back what it has kept for the next read: for who reads much, but seldom.
    virtual void release_memory() {}
  };
  virtual std::unique_ptr<Reader> open_reader() = 0;
};

}  // namespace fairlead::store
