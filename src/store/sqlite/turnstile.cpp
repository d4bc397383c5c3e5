#include "store/sqlite/turnstile.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "store/view.h"

namespace fairlead::store::sqlite {
namespace {

using Clock = std::chrono::steady_clock;

// A commit takes a millisecond or so.
constexpr std::chrono::microseconds kAskAgain(100);

UniqueFd open_lock(const std::string& path) {
  UniqueFd file(::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  if (!file) throw StoreFailure("cannot open " + path + ": " + std::strerror(errno));
  return file;
}

// Not the waiting flock(): it knows no deadline, and a node that was stopped while it wrote would
// stop all.
void lock(const UniqueFd& file, Clock::time_point until) {
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      throw StoreFailure(std::string("flock: ") + std::strerror(errno));
    }
    if (Clock::now() >= until) throw StoreFailure("another node has been writing for too long");
    std::this_thread::sleep_for(kAskAgain);
  }
}

void unlock(const UniqueFd& file) {
  ::flock(file.get(), LOCK_UN);
}

}  // namespace

Turnstile::Turnstile(const std::string& store_path)
    : next_(open_lock(store_path + "-next")), writer_(open_lock(store_path + "-writer")) {}

Turnstile::Turn::Turn(Turnstile& turnstile, std::chrono::milliseconds at_most)
    : turnstile_(turnstile) {
  const auto until = Clock::now() + at_most;
  lock(turnstile.next_, until);
  try {
    lock(turnstile.writer_, until);
  } catch (const StoreFailure&) {
    unlock(turnstile.next_);
    throw;
  }
  unlock(turnstile.next_);
}

Turnstile::Turn::~Turn() {
  unlock(turnstile_.writer_);
}

}  // namespace fairlead::store::sqlite
