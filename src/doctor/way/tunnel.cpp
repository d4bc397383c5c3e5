#include "doctor/way/tunnel.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>

#include <algorithm>
#include <array>

#include "doctor/way/interrupt.h"

namespace fairlead::doctor {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kReadBytesMax = 16 * 1024;
constexpr int kInterruptLatency_ms = 100;

std::string name_text(const X509_NAME* name) {
  std::array<char, 512> text{};
  X509_NAME_oneline(name, text.data(), static_cast<int>(text.size()));
  return text.data();
}

std::optional<double> days_left(const X509* certificate) {
  int days = 0, seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate)) != 1)
    return std::nullopt;
  return days + seconds / 86'400.0;
}

const SSL* ssl_of(CURL* handle) {
  curl_tlssessioninfo* info = nullptr;
  if (curl_easy_getinfo(handle, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || info == nullptr ||
      info->backend != CURLSSLBACKEND_OPENSSL) {
    return nullptr;
  }
  return static_cast<const SSL*>(info->internals);
}

}  // namespace

tl::expected<Tunnel, Trouble> Tunnel::open(const Way& way, Version version, Limit limit,
                                           const std::string& address) {
  const auto left = std::chrono::duration_cast<milliseconds>(limit - steady_clock::now());
  auto curl = std::make_unique<CurlHandle>(way, "/", version, address);
  curl->set(CURLOPT_CONNECT_ONLY, 1L);
  curl->set(CURLOPT_HTTPPROXYTUNNEL, 1L);  // as browsers do for ws:// too
  curl->set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(left.count(), 1)));
  if (const auto code = curl_easy_perform(curl->get()); code != CURLE_OK)
    return tl::unexpected<Trouble>(curl->trouble(code));
  return Tunnel(std::move(curl));
}

bool Tunnel::wait(short events, Limit limit) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (curl_easy_getinfo(curl_->get(), CURLINFO_ACTIVESOCKET, &socket) != CURLE_OK ||
      socket == CURL_SOCKET_BAD) {
    return false;
  }
  while (!interrupted()) {
    const auto left = std::chrono::ceil<milliseconds>(limit - steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd watched{socket, events, 0};
    if (::poll(&watched, 1, static_cast<int>(std::min<std::int64_t>(left, kInterruptLatency_ms))) >
        0)
      return true;
  }
  return false;
}

bool Tunnel::send(std::string_view bytes, Limit limit) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    const auto code = curl_easy_send(curl_->get(), bytes.data(), bytes.size(), &sent);
    if (code == CURLE_AGAIN) {
      if (!wait(POLLOUT, limit)) return false;
    } else if (code != CURLE_OK) {
      return false;
    }
    bytes.remove_prefix(sent);
  }
  return true;
}

Tunnel::Read Tunnel::read(std::string& bytes, Limit limit) {
  bytes.resize(kReadBytesMax);
  // Asked before each read: a peer that never stops sending would never be waited for.
  while (!interrupted() && steady_clock::now() < limit) {
    std::size_t got = 0;
    const auto code = curl_easy_recv(curl_->get(), bytes.data(), bytes.size(), &got);
    if (code == CURLE_AGAIN) {
      bytes.resize(kReadBytesMax);
      if (wait(POLLIN, limit)) continue;
      break;
    }
    bytes.resize(code == CURLE_OK ? got : 0);
    return bytes.empty() ? Read::kClosed : Read::kBytes;
  }
  bytes.clear();
  return Read::kNothing;
}

double Tunnel::connect_s() const {
  double seconds = 0;
  curl_easy_getinfo(curl_->get(), CURLINFO_CONNECT_TIME, &seconds);
  return seconds;
}

std::optional<TlsLook> Tunnel::look_at_tls() const {
  const auto* ssl = ssl_of(curl_->get());
  if (ssl == nullptr) return std::nullopt;
  TlsLook look;
  look.version = SSL_get_version(ssl);
  const auto* chain = SSL_get_peer_cert_chain(ssl);
  const int certificates = chain == nullptr ? 0 : sk_X509_num(chain);
  look.chain = static_cast<std::size_t>(std::max(certificates, 0));
  for (int i = 0; i < certificates; ++i) {
    const auto* certificate = sk_X509_value(chain, i);
    if (i == 0) {
      look.subject = name_text(X509_get_subject_name(certificate));
      look.issuer = name_text(X509_get_issuer_name(certificate));
    }
    const auto days = days_left(certificate);
    if (days && (!look.days_left || *days < *look.days_left)) look.days_left = days;
  }
  return look;
}

}  // namespace fairlead::doctor
