#include "load/site.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>

#include "core/random.h"
#include "load/event_reader.h"

namespace fairlead::load {
namespace {

using protocol::Json;

constexpr double kSendersMax = 100;  // accounts: each costs the server a password hash, and stays

std::string hex(std::uint64_t value) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value));
  return text.data();
}

Failure not_understood(std::string during) {
  return {Failure::Kind::kNotFairlead,
          "an answer without the fields it should have",
          0,
          {},
          std::move(during)};
}

// The text of a field, or of one within a field; empty if it is not there.
std::string text_at(const Json& json, std::initializer_list<const char*> path) {
  const Json* at = &json;
  for (const auto* name : path) {
    if (!at->is_object() || !at->contains(name)) return {};
    at = &at->at(name);
  }
  return at->is_string() ? at->get<std::string>() : std::string();
}

double number_of(const std::optional<std::string_view>& header) {
  double value = 0;
  if (header) std::from_chars(header->data(), header->data() + header->size(), value);
  return value;
}

std::string one_decimal(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

}  // namespace

Site::Site(Loop& loop, const Endpoint& endpoint, const Plan& plan, Progress& progress)
    : loop_(loop),
      endpoint_(endpoint),
      plan_(plan),
      progress_(progress),
      connection_(std::make_unique<HttpConnection>(loop, endpoint)),
      run_(hex(random_u64()).substr(0, 8)) {}

Outcome<void> Site::prepare() {
  for (const auto step : {&Site::is_it_a_fairlead, &Site::take_account, &Site::take_room,
                          &Site::learn_limit, &Site::add_senders}) {
    if (auto done = (this->*step)(); !done) return done;
  }
  return {};
}

Outcome<void> Site::is_it_a_fairlead() {
  const auto answer = call({"GET", "/rt/v1/hello", "", "", "saying hello"});
  if (!answer) return Failed(answer.error());
  const int status = answer->head.status;
  if (status == 400 && !endpoint_.url.tls && answer->body.find("HTTPS port") != std::string::npos) {
    return Failed({Failure::Kind::kPlain,
                   endpoint_.url.text() + " speaks TLS: give https:// instead of http://"});
  }
  if (status / 100 == 3 || status == 429 || (status >= 502 && status <= 504)) {
    return Failed(status_failure(answer->head, answer->body, "saying hello"));
  }
  if (status != 200) {
    return Failed(
        {Failure::Kind::kNotFairlead, "GET /rt/v1/hello gives " + std::to_string(status)});
  }
  const auto json = protocol::parse_object(answer->body);
  if (!json || !json->contains("transports")) {
    return Failed({Failure::Kind::kNotFairlead, "GET /rt/v1/hello is not the JSON it should be"});
  }
  return {};
}

Outcome<void> Site::take_account() {
  const auto& o = plan_.options;
  if (!o.token.empty()) {
    const auto me =
        ask({"GET", "/api/v1/users/me", o.token, "", "asking whose token it is"}, {200});
    if (!me) return Failed(me.error());
    audience_.token = o.token;
  } else if (!o.name.empty()) {
    const Json body = {{"name", o.name}, {"password", o.password}};
    const auto session = ask({"POST", "/api/v1/sessions", "", body.dump(), "signing in"}, {201});
    if (!session) return Failed(session.error());
    audience_.token = text_at(*session, {"token"});
    logins_.push_back(audience_.token);
  } else {
    const auto session = sign_up(0);
    if (!session) return Failed(session.error());
    audience_.token = text_at(*session, {"token"});
    progress_.say("Signed up the account " + text_at(*session, {"user", "name"}) +
                  " for this test (--name or --token uses another; accounts stay)");
  }
  if (audience_.token.empty()) return Failed(not_understood("signing in"));
  senders_.push_back(audience_.token);
  return {};
}

Outcome<Json> Site::sign_up(int number) {
  const auto name = "bench-" + run_ + (number == 0 ? "" : "-" + std::to_string(number));
  const Json body = {{"name", name}, {"password", hex(random_u64()) + hex(random_u64())}};
  auto session =
      ask({"POST", "/api/v1/users", "", body.dump(), "signing up " + name, false}, {201});
  if (session) logins_.push_back(text_at(*session, {"token"}));
  return session;
}

Outcome<void> Site::take_room() {
  if (const auto& room = plan_.options.room; !room.empty()) {
    const auto joined = ask(
        {"POST", "/api/v1/rooms/" + room + "/join", audience_.token, "", "joining " + room}, {200});
    if (!joined) return Failed(joined.error());
    audience_.room = room;
    return {};
  }
  const Json body = {{"name", "fairlead bench " + run_}, {"visibility", "private"}};
  const auto made =
      ask({"POST", "/api/v1/rooms", audience_.token, body.dump(), "making a room", false}, {201});
  if (!made) return Failed(made.error());
  audience_.room = text_at(*made, {"id"});
  own_room_ = !audience_.room.empty();
  if (!own_room_) return Failed(not_understood("making a room"));
  return {};
}

// One message, whose answer tells the limit (RateLimit-…); it belongs to no trial.
Outcome<void> Site::learn_limit() {
  const Json body = {{"text", marked_text(run_, {}, kMarkedTextBytesMin)}, {"nonce", run_ + "-0"}};
  const auto sent = call({"POST", "/api/v1/rooms/" + audience_.room + "/messages", audience_.token,
                          body.dump(), "sending a first message"});
  if (!sent) return Failed(sent.error());
  if (sent->head.status != 201 && sent->head.status != 200) {
    return Failed(status_failure(sent->head, sent->body, "sending a first message"));
  }
  if (!sent->head.header("ratelimit-limit")) return {};
  const auto used = number_of(sent->head.header("ratelimit-limit")) -
                    number_of(sent->head.header("ratelimit-remaining"));
  sends_per_s_ =
      std::max(used, 1.0) / std::max(number_of(sent->head.header("ratelimit-reset")), 1.0);
  return {};
}

Outcome<void> Site::add_senders() {
  const auto& o = plan_.options;
  if (sends_per_s_ == 0) return {};
  const auto each =
      "The server lets an account send about " + one_decimal(sends_per_s_) + " messages a second";
  const auto advice = "; beyond, it answers 429: fairlead serve --sends-per-5s raises the limit";
  const double wanted = o.saturate ? kSendersMax : std::ceil(o.rate / sends_per_s_);
  if (plan_.own_account) {
    if (wanted > 1)
      progress_.say(each + advice +
                    ". Without --name and --token, more accounts are signed up to send");
    return {};
  }
  const auto count = static_cast<int>(std::clamp(wanted, 1.0, kSendersMax));
  if (count > 1) {
    progress_.say(each + ": signing up " + std::to_string(count) + " accounts to send" +
                  (wanted > kSendersMax || o.saturate ? advice : ""));
  }
  for (int i = 1; i < count; ++i) {
    progress_.show("signing up", static_cast<double>(i) / count,
                   std::to_string(i) + " of " + std::to_string(count));
    const auto session = sign_up(i);
    if (!session) return Failed(session.error());
    const auto token = text_at(*session, {"token"});
    const auto room = "/api/v1/rooms/" + audience_.room;
    const auto user = text_at(*session, {"user", "id"});
    const auto in = own_room_ ? ask({"PUT", room + "/members/" + user, audience_.token,
                                     R"({"role":"member"})", "letting senders in"},
                                    {200, 201})
                              : ask({"POST", room + "/join", token, "", "joining"}, {200});
    if (!in) return Failed(in.error());
    senders_.push_back(token);
  }
  return {};
}

void Site::clean_up() {
  Loop::go_on();
  if (own_room_) {
    const auto gone = call(
        {"DELETE", "/api/v1/rooms/" + audience_.room, audience_.token, "", "deleting the room"});
    if (!gone || gone->head.status != 204)
      progress_.say("The room " + audience_.room + " could not be deleted");
  }
  for (const auto& token : logins_) {
    if (!call({"DELETE", "/api/v1/sessions/current", token, "", "logging out"})) return;
  }
}

Outcome<HttpAnswer> Site::call(HttpRequest request) {
  std::optional<Outcome<HttpAnswer>> answer;
  connection_->call(std::move(request),
                    [&answer](Outcome<HttpAnswer> got) { answer = std::move(got); });
  loop_.run_until([&answer] { return answer.has_value(); });
  if (answer) return std::move(*answer);
  connection_ =
      std::make_unique<HttpConnection>(loop_, endpoint_);  // the other would answer into the void
  return Failed({Failure::Kind::kInterrupted});
}

Outcome<Json> Site::ask(HttpRequest request, std::initializer_list<int> statuses) {
  auto during = request.during;
  const auto answer = call(std::move(request));
  if (!answer) return Failed(answer.error());
  if (std::find(statuses.begin(), statuses.end(), answer->head.status) == statuses.end()) {
    return Failed(status_failure(answer->head, answer->body, std::move(during)));
  }
  auto json = protocol::parse_object(answer->body);
  if (!json) return Failed(not_understood(std::move(during)));
  return std::move(*json);
}

}  // namespace fairlead::load
