#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/verdict/product.h"
#include "doctor/way/curl_handle.h"
#include "doctor/way/trouble.h"
#include "doctor/way/way.h"

namespace fairlead::doctor {

struct Answer;

// One request to the deployment.
struct Ask {
  std::string target;  // after the deployment's prefix: /rt/v1/hello?x=1
  std::string method = "GET";
  std::vector<std::string> headers = {};  // "Name: value"
  std::string body = {};                  // JSON; sent if not empty, or with POST
  Version version = Version::kHttp1;
  std::chrono::milliseconds limit = std::chrono::seconds(10);
  // Of a stream: asked after each piece of the body; true ends it.
  std::function<bool(const Answer&)> enough = {};
};

// … and what came of it. Everything in it may have been written by somebody hostile; its size is
// bounded.
struct Answer {
  static constexpr std::size_t kBodyBytesMax = 256 * 1024;
  static constexpr std::size_t kHeadersMax = 100;

  Trouble trouble;
  int status = 0;  // 0: there was none
  bool http2 = false;
  Headers headers;         // names in lower case
  Headers tunnel_headers;  // of the answers before it: CONNECT's
  std::string body;        // decompressed
  struct Piece {
    double at_s;      // since the request began
    std::size_t end;  // of the body as far as it had come
  };
  std::vector<Piece> pieces;
  double head_s = 0;
  double seconds = 0;   // to its end
  bool enough = false;  // ended by Ask::enough
  std::string local_ip, peer_ip;

  std::optional<std::string_view> header(std::string_view name) const;
  bool is_whole() const { return status != 0 && !trouble; }
  Products products() const;
};

// Makes the request and waits for the answer, at most `limit`. Blocks; any thread.
Answer ask(const Way& way, const Ask& request);

// "502 Bad Gateway (nginx)", "nothing within 5 s": for people.
std::string outcome(const Answer& answer);

}  // namespace fairlead::doctor
