// GET /healthz, /readyz, /metrics: for operators, on the HTTP port but not through the public
// nginx.
#include <string>

#include "api/handler.h"
#include "api/metrics.h"
#include "api/routes.h"

namespace fairlead::api {
namespace {

void health(Api& api, const Answer& answer) {
  answer.json(200, Json{{"status", "ok"}, {"version", api.parts().version}});
}

// 503: send no clients here. `degraded` names what is missing while this node serves all the same
// (G8).
void ready(Api& api, const Answer& answer) {
  api.store_probe().check([&api, answer](bool writable) {
    const auto& presence = api.parts().presence;
    const bool healthy = presence.healthy();
    Json degraded = Json::array();
    if (!healthy) degraded.push_back(presence.kind());
    const auto* status = !writable        ? "unavailable"
                         : api.draining() ? "draining"
                         : healthy        ? "ok"
                                          : "degraded";
    Json json = {{"status", status},
                 {"store", writable ? "ok" : "unavailable"},
                 {"presence", {{"kind", presence.kind()}, {"healthy", healthy}}},
                 {"degraded", degraded},
                 {"nodes", presence.kind() == "memory" ? "single" : "many"}};
    answer.json(writable && !api.draining() ? 200 : 503, json);
  });
}

}  // namespace

void add_operator_routes(http::Routes& routes, Api& api) {
  using http::Method;
  routes.add(Method::kGet, "/healthz",
             open([&api](const auto&, const auto& answer) { health(api, answer); }));
  routes.add(Method::kGet, "/readyz",
             open([&api](const auto&, const auto& answer) { ready(api, answer); }));
  routes.add(Method::kGet, "/metrics", open([&api](const auto&, const auto& answer) {
               answer.text(200, "text/plain; version=0.0.4; charset=utf-8", metrics_text(api));
             }));
}

}  // namespace fairlead::api
