#include "http/router.h"

#include <pistache/http.h>
#include <pistache/peer.h>
#include <pistache/router.h>
#include <pistache/transport.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

#include "http/percent_decode.h"

namespace fairlead::http {
namespace {

namespace Rest = Pistache::Rest;

constexpr std::size_t kSegmentsMax = 32;  // the router recurses once a segment

constexpr std::array kMethods = {Method::kGet,   Method::kHead,   Method::kPost,   Method::kPut,
                                 Method::kPatch, Method::kDelete, Method::kOptions};

Pistache::Http::Method pistache_method(Method method) {
  switch (method) {
    case Method::kGet:
      return Pistache::Http::Method::Get;
    case Method::kHead:
      return Pistache::Http::Method::Head;
    case Method::kPost:
      return Pistache::Http::Method::Post;
    case Method::kPut:
      return Pistache::Http::Method::Put;
    case Method::kPatch:
      return Pistache::Http::Method::Patch;
    case Method::kDelete:
      return Pistache::Http::Method::Delete;
    case Method::kOptions:
      return Pistache::Http::Method::Options;
  }
  return Pistache::Http::Method::Get;
}

std::vector<std::string> segments_of(std::string_view pattern) {
  std::vector<std::string> out;
  while (!pattern.empty()) {
    const std::string_view segment = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(std::min(segment.size() + 1, pattern.size()));
    if (!segment.empty()) out.emplace_back(segment);
  }
  return out;
}

// Whether every path that `narrow` matches is matched by `wide` as well.
bool covers(const std::string& wide, const std::string& narrow) {
  const auto a = segments_of(wide);
  const auto b = segments_of(narrow);
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.starts_with(':') || (x == y); });
}

// An empty segment anywhere but at the end: Pistache would collapse it with a std::regex whose
// stack grows with the slashes, and two names for one thing invite mistakes. Unknown paths, all of
// them.
bool may_be_known(const std::string& path) {
  return path.starts_with('/') && path.find("//") == std::string::npos &&
         static_cast<std::size_t>(std::ranges::count(path, '/')) <= kSegmentsMax;
}

// Gives Pistache's parser what it needs and keeps what its router found.
class RouterHandler final : public Rest::Private::RouterHandler {
 public:
  HTTP_PROTOTYPE(RouterHandler)
  using Rest::Private::RouterHandler::RouterHandler;
};

}  // namespace

class Router::Impl {
 public:
  explicit Impl(const Routes& routes)
      : router_(std::make_shared<Rest::Router>()),
        handler_(std::make_shared<RouterHandler>(router_)),
        transport_(handler_) {
    for (const auto& entry : routes.entries()) add(routes, entry.pattern);
    router_->addNotFoundHandler([](const Rest::Request&, Pistache::Http::ResponseWriter) {
      return Rest::Route::Result::Ok;
    });
    // Rest::Router looks its methods up with operator[]: with one route each, nothing is inserted
    // later.
    for (const Method method : kMethods) {
      router_->addRoute(pistache_method(method), "/.no-route",
                        [](const Rest::Request&, Pistache::Http::ResponseWriter) {
                          return Rest::Route::Result::Ok;
                        });
    }
    renew_peer();
  }

  Match match(Method method, const std::string& path) {
    found_ = Match{};
    if (path == "*" && method == Method::kOptions) {
      static const std::string kAll = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
      found_.verdict = Verdict::kOptions;
      found_.allow = &kAll;
    } else if (may_be_known(path)) {
      line_.assign(to_string(method)).append(" ").append(path).append(" HTTP/1.1\r\n\r\n");
      try {
        tcp_handler().onInput(line_.data(), line_.size(), peer_);
      } catch (...) {
        renew_peer();  // its parser may stand in the middle of a request
        throw;
      }
    }
    return std::move(found_);
  }

 private:
  Pistache::Tcp::Handler& tcp_handler() { return *handler_; }

  void renew_peer() {
    peer_ = Pistache::Tcp::Peer::Create(-1, Pistache::Address(Pistache::IP(127, 0, 0, 1), 0));
    tcp_handler().onConnection(peer_);
  }

  // All methods of one pattern at once: its handlers, HEAD as GET, OPTIONS, and 405 for the rest.
  void add(const Routes& routes, const std::string& pattern) {
    if (std::ranges::find(added_, pattern) != added_.end()) return;
    added_.push_back(pattern);
    std::array<const Routes::Entry*, kMethods.size()> handlers{};
    std::array<bool, kMethods.size()>
        elsewhere{};  // a wider pattern has it: Pistache will go on to that
    for (const auto& entry : routes.entries()) {
      const auto slot =
          static_cast<std::size_t>(std::ranges::find(kMethods, entry.method) - kMethods.begin());
      if (entry.pattern == pattern) {
        if (handlers.at(slot) != nullptr)
          throw std::runtime_error("route registered twice: " + pattern);
        handlers.at(slot) = &entry;
      } else if (covers(entry.pattern, pattern)) {
        elsewhere.at(slot) = true;
      }
    }
    const auto allow = std::make_shared<const std::string>(allow_of(handlers, elsewhere));
    const bool head_elsewhere = elsewhere.at(0) || elsewhere.at(1);
    for (std::size_t slot = 0; slot < kMethods.size(); ++slot) {
      const Method method = kMethods.at(slot);
      const Routes::Entry* handler = handlers.at(slot);
      if (method == Method::kHead && handler == nullptr) handler = handlers.at(0);
      if (handler != nullptr) {
        route(method, pattern, Verdict::kHandler, handler, allow);
      } else if (method == Method::kOptions) {
        route(method, pattern, Verdict::kOptions, nullptr, allow);
      } else if (!elsewhere.at(slot) && !(method == Method::kHead && head_elsewhere)) {
        route(method, pattern, Verdict::kMethodNotAllowed, nullptr, allow);
      }
    }
  }

  static std::string allow_of(const std::array<const Routes::Entry*, kMethods.size()>& handlers,
                              const std::array<bool, kMethods.size()>& elsewhere) {
    std::string allow;
    for (std::size_t slot = 0; slot < kMethods.size(); ++slot) {
      const Method method = kMethods.at(slot);
      const bool served = handlers.at(slot) != nullptr || elsewhere.at(slot);
      const bool implied =
          method == Method::kOptions ||
          (method == Method::kHead && (handlers.at(0) != nullptr || elsewhere.at(0)));
      if (!served && !implied) continue;
      if (!allow.empty()) allow += ", ";
      allow += to_string(method);
    }
    return allow;
  }

  void route(Method method, const std::string& pattern, Verdict verdict, const Routes::Entry* entry,
             std::shared_ptr<const std::string> allow) {
    std::vector<std::string> names = segments_of(pattern);
    std::erase_if(names, [](const std::string& segment) { return !segment.starts_with(':'); });
    router_->addRoute(pistache_method(method), pattern,
                      [this, verdict, entry, allow = std::move(allow), names = std::move(names)](
                          const Rest::Request& request, Pistache::Http::ResponseWriter) {
                        found_.verdict = verdict;
                        found_.entry = entry;
                        found_.allow = allow.get();
                        for (const auto& name : names) {
                          // The guard has decoded the whole path once: the pieces are sound as
                          // well.
                          auto value =
                              percent_decode(request.param(name).as<std::string>(), Plus::kLiteral);
                          found_.params.emplace(name, std::move(value).value_or(""));
                        }
                        return Rest::Route::Result::Ok;
                      });
  }

  std::shared_ptr<Rest::Router> router_;
  std::shared_ptr<RouterHandler> handler_;
  Pistache::Tcp::Transport transport_;  // the handler insists on one; nothing is ever written to it
  std::shared_ptr<Pistache::Tcp::Peer> peer_;
  std::vector<std::string> added_;
  std::string line_;
  Match found_;
};

Router::Router(const Routes& routes) : impl_(std::make_unique<Impl>(routes)) {}
Router::~Router() = default;

Router::Match Router::match(Method method, const std::string& path) {
  return impl_->match(method, path);
}

void Routes::add(Method method, std::string pattern, Handler handler, Pipelined pipelined) {
  entries_.push_back({method, std::move(pattern), std::move(handler), pipelined});
}

}  // namespace fairlead::http
