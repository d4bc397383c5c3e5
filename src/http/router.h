#pragma once

#include <map>
#include <memory>
#include <string>

#include "http/server.h"

namespace fairlead::http {

// Finds the handler of a request in Pistache's router. Built once from the Routes, then constant;
// one a worker, used on its thread alone.
//
// Pistache's parser and router run on a peer without a socket: whatever they would answer
// themselves has nowhere to go, and no fd number of a client is ever in their queues. They see the
// method and the path as the framing guard passed them, nothing else of what the client sent.
class Router {
 public:
  enum class Verdict { kHandler, kOptions, kMethodNotAllowed, kNotFound };

  struct Match {
    Verdict verdict = Verdict::kNotFound;
    const Routes::Entry* entry = nullptr;  // kHandler; lives as long as the Routes
    const std::string* allow = nullptr;    // the others but kNotFound: the Allow header
    std::map<std::string, std::string, std::less<>> params;  // percent-decoded
  };

  // `routes` outlives the router. Throws std::runtime_error on a pattern that Pistache refuses or
  // that is registered twice: a mistake of ours, found at start.
  explicit Router(const Routes& routes);
  ~Router();

  // `path` has passed the framing guard. Does not block.
  Match match(Method method, const std::string& path);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::http
