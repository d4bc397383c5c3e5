#pragma once

#include <exception>

#include "core/log_line.h"

namespace fairlead::http {

// Runs `f` and keeps what it throws: one failing connection must not take its worker's thread with
// it. False if it threw.
template <typename F>
bool contained(const char* where, F f) noexcept {
  try {
    f();
    return true;
  } catch (const std::exception& e) {
    log_error("http_worker_error where={} reason={}", where, e.what());
  } catch (...) {
    log_error("http_worker_error where={} reason=unknown", where);
  }
  return false;
}

}  // namespace fairlead::http
