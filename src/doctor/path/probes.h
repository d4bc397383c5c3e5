#pragma once

#include "doctor/path/examination.h"

// What is tried, a function each: takes the examination, blocks for as long as it says, and gives
// what it found. They are run in this order; later ones use what earlier ones came to know.
namespace fairlead::doctor {

Findings probe_addresses(
    Examination& exam);                     // DNS, TCP and TLS of every address; 5 s for a dead one
Findings probe_control(Examination& exam);  // GET /rt/v1/hello: is it a Fairlead, what arrived?
Findings probe_requests(Examination& exam);   // header fields, methods, caches
Findings probe_sizes(Examination& exam);      // URL, header, body
Findings probe_account(Examination& exam);    // signs in, if credentials were given
Findings probe_websocket(Examination& exam);  // without an account: whether Upgrade arrives
Findings probe_sse(Examination& exam);   // needs an account; up to 20 s if events are held back
Findings probe_poll(Examination& exam);  // needs an account
Findings probe_silence(
    Examination& exam);  // needs an account; settings.idle_s, and twice that if cut
Findings probe_lifetime(Examination& exam);  // needs an account; settings.lifetime_s

// Ends what probe_account began.
void sign_out(Examination& exam);

}  // namespace fairlead::doctor
