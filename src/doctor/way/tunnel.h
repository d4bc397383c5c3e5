#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "doctor/way/curl_handle.h"

namespace fairlead::doctor {

// What TLS with the deployment looks like.
struct TlsLook {
  std::string version;  // TLSv1.3
  std::string subject;
  std::string issuer;
  std::optional<double> days_left;  // of the first certificate of the chain to end
  std::size_t chain = 0;            // certificates that were sent
};

// A connection to the deployment, through the forward proxy by CONNECT and through TLS, for what is
// spoken over it byte by byte. Blocks; one thread.
class Tunnel {
 public:
  using Limit = std::chrono::steady_clock::time_point;
  enum class Read { kBytes, kClosed, kNothing };  // kNothing: the limit, or interrupted

  static tl::expected<Tunnel, Trouble> open(const Way& way, Version version, Limit limit,
                                            const std::string& address = {});
  Tunnel(Tunnel&&) = default;
  Tunnel& operator=(Tunnel&&) = default;

  bool send(std::string_view bytes, Limit limit);  // false: cut, or not taken in time
  Read read(std::string& bytes, Limit limit);      // replaces `bytes`, at most 16 KiB
  std::optional<TlsLook> look_at_tls() const;
  double connect_s() const;  // to the end of TCP's (and the proxy's) part
  std::string peer_ip() const { return curl_->peer_ip(); }
  std::string local_ip() const { return curl_->local_ip(); }

 private:
  explicit Tunnel(std::unique_ptr<CurlHandle> curl) : curl_(std::move(curl)) {}
  bool wait(short events, Limit limit);

  std::unique_ptr<CurlHandle> curl_;
};

}  // namespace fairlead::doctor
