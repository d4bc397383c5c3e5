#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "load/http_connection.h"
#include "load/options.h"
#include "load/progress.h"
#include "load/receiver.h"
#include "protocol/json.h"

namespace fairlead::load {

// What a load test needs in the deployment: an account, a room, and, where sends are limited per
// account, others that send. Each call turns the loop until the deployment has answered.
class Site {
 public:
  Site(Loop& loop, const Endpoint& endpoint, const Plan& plan, Progress& progress);

  // Finds out whether this is a Fairlead, and makes what is needed.
  Outcome<void> prepare();
  // Takes away what can be taken away: the room, the logins. Accounts stay.
  void clean_up();

  const std::string& run() const { return run_; }  // random: in names, nonces and texts
  const Audience& audience() const { return audience_; }
  const std::vector<std::string>& senders() const { return senders_; }  // tokens, at least one
  // What one account may send for good, as far as the server tells; 0: any number.
  double sends_per_s() const { return sends_per_s_; }

 private:
  Outcome<void> is_it_a_fairlead();
  Outcome<void> take_account();
  Outcome<void> take_room();
  Outcome<void> learn_limit();
  Outcome<void> add_senders();
  Outcome<protocol::Json> sign_up(int number);
  Outcome<HttpAnswer> call(HttpRequest request);
  // The answer's JSON if it has one of these statuses.
  Outcome<protocol::Json> ask(HttpRequest request, std::initializer_list<int> statuses);

  Loop& loop_;
  const Endpoint& endpoint_;
  const Plan& plan_;
  Progress& progress_;
  std::unique_ptr<HttpConnection> connection_;
  std::string run_;
  Audience audience_;
  std::vector<std::string> senders_;
  std::vector<std::string> logins_;  // tokens that were made here
  bool own_room_ = false;
  double sends_per_s_ = 0;
};

}  // namespace fairlead::load
