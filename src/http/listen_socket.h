#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/unique_fd.h"

namespace fairlead::http {

// One address that is listened on: a socket for each worker (TCP, SO_REUSEPORT: the kernel spreads
// the connections) or one that all share (Unix). Made by Server::start; closing the last copy of a
// socket ends the listening.
struct ListenAddress {
  bool is_unix = false;
  int port = 0;      // as bound; 0 for Unix
  std::string path;  // Unix only
  ino_t inode = 0;   // of `path`, so that only our own file is removed
  std::vector<std::shared_ptr<UniqueFd>> sockets;  // one a worker
};

// `text` is "127.0.0.1:8400", "[::1]:8400" or "unix:/path". Blocks (name look-up). The error's
// detail names the address and the reason: malformed, in use, not permitted.
[[nodiscard]] Result<ListenAddress> listen_on(const std::string& text, int workers);

// Removes the Unix socket's file if it is still the one we made.
void remove_socket_file(const ListenAddress& address);

}  // namespace fairlead::http
