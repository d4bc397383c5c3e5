#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "load/failure.h"

namespace fairlead::load {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslSession = std::unique_ptr<SSL, SslFree>;

// How TLS is spoken with a deployment: TLS 1.2 or newer, HTTP/1.1 by ALPN, its certificate checked
// against the system's authorities (or SSL_CERT_FILE, SSL_CERT_DIR) and against its name. One
// thread; outlives its sessions.
class TlsContext {
 public:
  // `insecure`: any certificate will do. Aborts if OpenSSL cannot be set up at all.
  TlsContext(std::string host, bool insecure);

  // A client's end on a connected socket, which stays the caller's.
  SslSession session(int socket) const;

 private:
  std::unique_ptr<SSL_CTX, SslFree> context_;
  std::string host_;
  bool insecure_;
};

// Why OpenSSL gave up on this session, as the last call left it. Empties OpenSSL's queue of errors.
Failure tls_failure(const SSL* session);

}  // namespace fairlead::load
