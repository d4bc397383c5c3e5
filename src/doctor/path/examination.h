#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/verdict/finding.h"
#include "doctor/way/exchange.h"
#include "doctor/way/way.h"

namespace fairlead::doctor {

struct Settings {
  int idle_s = 5;      // how long a connection is left silent, 5 to 55; 0: not
  int lifetime_s = 0;  // how long streams are watched; 0: not
};

// Whose account is used. At most one of them; none: what needs an account is not tried.
struct Credentials {
  std::string token;
  std::string user, password;
  bool guest = false;  // sign one up
};

// What the probes have found out so far that others build on.
struct Known {
  bool reached = false;                   // a Fairlead answers
  Version version = Version::kHttp1;      // kHttp2: HTTP/1.1 is refused
  bool http2 = false;                     // offered over TLS
  std::vector<std::string> header_names;  // as they arrived at the server
  std::string http_version;               // in which it was asked
  std::string network;                    // where it sees this client
  std::string local_ip, peer_ip;
  Products products;
  std::string token;  // of an account that works
  bool websocket = false, sse = false, poll = false;
};

// One examination of one way: what every probe is given. One thread at a time.
struct Examination {
  Way way;
  Settings settings;
  Credentials credentials;
  Known known = {};

  // Makes a request in the HTTP version that works, and keeps in mind who shows itself.
  Answer ask(Ask request);
  // "Authorization: Bearer …"
  std::string authorization() const { return "Authorization: Bearer " + known.token; }
};

// Whether it can be a token: nothing that would end a header, or begin another.
bool fits_a_header(const std::string& text);

// A word that no answer has been made for yet.
std::string fresh_word();

// The `code` of a problem+json answer; empty: it is none, so not the server's.
std::string problem_code(const Answer& answer);
// Whether the server itself said that a token is missing: then the request has arrived.
bool is_asked_who(const Answer& answer);

// What an answer that is no good says about the way: `otherwise` if it is nothing more general.
Finding failure(std::string probe, const Answer& answer, Symptom otherwise);
Finding failure(std::string probe, const Trouble& trouble, Symptom otherwise);

}  // namespace fairlead::doctor
