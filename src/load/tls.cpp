#include "load/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace fairlead::load {
namespace {

bool is_address(const std::string& host) {
  std::array<unsigned char, 16> address{};
  return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

}  // namespace

TlsContext::TlsContext(std::string host, bool insecure)
    : context_(SSL_CTX_new(TLS_client_method())), host_(std::move(host)), insecure_(insecure) {
  if (!context_) {
    std::fputs("OpenSSL cannot be set up\n", stderr);
    std::abort();
  }
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  SSL_CTX_set_default_verify_paths(context_.get());
  SSL_CTX_set_verify(context_.get(), insecure_ ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                       SSL_MODE_RELEASE_BUFFERS);
  static constexpr std::array<unsigned char, 9> kHttp11 = {8,   'h', 't', 't', 'p',
                                                           '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(context_.get(), kHttp11.data(), kHttp11.size());
}

SslSession TlsContext::session(int socket) const {
  SslSession ssl(SSL_new(context_.get()));
  if (!ssl) return nullptr;
  SSL_set_fd(ssl.get(), socket);
  SSL_set_connect_state(ssl.get());
  if (is_address(host_)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host_.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl.get(), host_.c_str());
    SSL_set1_host(ssl.get(), host_.c_str());
  }
  return ssl;
}

Failure tls_failure(const SSL* session) {
  const auto error = ERR_peek_last_error();
  ERR_clear_error();
  if (const auto verdict = SSL_get_verify_result(session);
      verdict != X509_V_OK && (SSL_get_verify_mode(session) & SSL_VERIFY_PEER) != 0) {
    return {Failure::Kind::kCertificate, X509_verify_cert_error_string(verdict)};
  }
  const auto* reason = ERR_reason_error_string(error);
  return {Failure::Kind::kTls,
          reason != nullptr ? reason : "the connection was closed in the handshake"};
}

}  // namespace fairlead::load
