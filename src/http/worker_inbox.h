#pragma once

#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include "core/mailbox.h"
#include "core/unique_fd.h"

namespace fairlead::http {

// A worker's mailbox and the eventfd that its reactor watches. Shared by the worker and by
// everybody who may still answer one of its requests, so it outlives the worker; once closed it
// drops what is posted. Any thread posts, the worker's thread runs.
class WorkerInbox {
 public:
  WorkerInbox() : event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), box_([this] { wake(); }) {
    if (!event_) throw std::system_error(errno, std::generic_category(), "eventfd");
  }

  bool post(Mailbox::Task task) { return box_.post(std::move(task)); }
  void wake() {
    const std::uint64_t one = 1;
    // Fails only when the counter is full, that is when a wake-up is due anyhow.
    [[maybe_unused]] const ssize_t written = ::write(event_.get(), &one, sizeof one);
  }

  // The eventfd is drained before the box: a post in between wakes again instead of being lost.
  void run() {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(event_.get(), &count, sizeof count);
    box_.run();
  }
  void close() { box_.close(); }
  int fd() const { return event_.get(); }

 private:
  UniqueFd event_;
  Mailbox box_;
};

}  // namespace fairlead::http
