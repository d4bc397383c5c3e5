#include "doctor/way/curl_handle.h"

#include <cstdlib>
#include <mutex>

#include "doctor/way/interrupt.h"

namespace fairlead::doctor {
namespace {

constexpr long kConnectTimeout_ms = 8000;

int on_progress(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return interrupted() ? 1 : 0;
}

CURL* new_handle() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  auto* handle = curl_easy_init();
  if (handle == nullptr) std::abort();  // out of memory
  return handle;
}

}  // namespace

CurlHandle::CurlHandle(const Way& way, const std::string& path, Version version,
                       const std::string& address)
    : handle_(new_handle()) {
  const auto url = (way.url.tls ? "https://" : "http://") + way.url.authority() + path;
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_ERRORBUFFER, words_);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeout_ms);
  set(CURLOPT_PROXY, way.proxy.c_str());  // empty: none, whatever the environment says
  set(CURLOPT_NOPROXY, "");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(version == Version::kHttp1 ? CURL_HTTP_VERSION_1_1
                                              : way.url.tls              ? CURL_HTTP_VERSION_2TLS
                                                            : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE));
  set(CURLOPT_USERAGENT, "fairlead-doctor");
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, on_progress);
  if (way.insecure) {
    set(CURLOPT_SSL_VERIFYPEER, 0L);
    set(CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!way.ca_file.empty()) set(CURLOPT_CAINFO, way.ca_file.c_str());
  if (!way.connect_to.empty()) {
    connect_to_.reset(curl_slist_append(nullptr, ("::" + way.connect_to).c_str()));
    set(CURLOPT_CONNECT_TO, connect_to_.get());
  }
  if (!address.empty()) {
    const auto place = way.connect_to.empty() ? way.url.host + ":" + way.url.port : way.connect_to;
    const auto pin = place + ":" + address;
    pinned_.reset(curl_slist_append(nullptr, pin.c_str()));
    set(CURLOPT_RESOLVE, pinned_.get());
  }
}

std::string CurlHandle::text_info(CURLINFO info) const {
  char* text = nullptr;
  curl_easy_getinfo(handle_.get(), info, &text);
  return text == nullptr ? std::string() : std::string(text);
}

Trouble CurlHandle::trouble(CURLcode code) const {
  using Kind = Trouble::Kind;
  if (code == CURLE_OK) return {};
  const std::string words = words_[0] != '\0' ? words_ : curl_easy_strerror(code);
  if (interrupted()) return {Kind::kInterrupted, "interrupted"};
  long tunnel = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_HTTP_CONNECTCODE, &tunnel);
  if (tunnel == 407) return {Kind::kProxyAuth, words};
  if (tunnel != 0 && tunnel / 100 != 2) return {Kind::kTunnel, words, static_cast<int>(tunnel)};
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {Kind::kResolve, words};
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_PROXY:
      return {Kind::kProxy, words};
    case CURLE_COULDNT_CONNECT:
      return {Kind::kConnect, words};
    case CURLE_OPERATION_TIMEDOUT:
      return {Kind::kTimeout, words};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return {Kind::kCertificate, words};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
      return {Kind::kTls, words};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_BAD_CONTENT_ENCODING:
      return {Kind::kMalformed, words};
    case CURLE_WRITE_ERROR:
      return {Kind::kTooMuch, words};
    default:
      return {Kind::kCut, words};
  }
}

}  // namespace fairlead::doctor
