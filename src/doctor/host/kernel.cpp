#include "doctor/host/kernel.h"

#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "nginx/numbers.h"

namespace fairlead::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kDescriptorsBeside = 128;  // the store, Redis, listening sockets
constexpr std::uint64_t kSomaxconn = 4096;
constexpr std::uint64_t kRetries = nginx::Numbers::retransmissions();

std::optional<std::uint64_t> number_in(const fs::path& path) {
  std::ifstream in(path);
  std::uint64_t number = 0;
  if (in >> number) return number;
  return std::nullopt;
}

std::optional<std::uint64_t> ports_in(const fs::path& path) {
  std::ifstream in(path);
  std::uint64_t low = 0, high = 0;
  if (in >> low >> high && high >= low) return high - low + 1;
  return std::nullopt;
}

// "Max open files            1024                 524288               files": the soft one.
std::optional<std::uint64_t> open_files(const fs::path& process) {
  std::ifstream in(process / "limits");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("Max open files")) continue;
    std::istringstream words(line.substr(14));
    std::uint64_t soft = 0;
    if (words >> soft) return soft;
  }
  return std::nullopt;
}

bool is_server(const fs::path& process) {
  std::ifstream name(process / "comm");
  std::string comm;
  if (!std::getline(name, comm) || comm != "fairlead") return false;
  std::ifstream in(process / "cmdline", std::ios::binary);
  std::string line((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return line.find(std::string_view("\0serve\0", 7)) != std::string::npos;
}

void find_descriptors(KernelLook& look) {
  std::error_code none;
  for (const auto& process : fs::directory_iterator("/proc", none)) {
    if (!is_server(process.path())) continue;
    look.descriptors = open_files(process.path());
    look.descriptors_of = "fairlead serve (process " + process.path().filename().string() + ")";
    if (look.descriptors) return;
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) look.descriptors = limit.rlim_max;
  look.descriptors_of = "this shell (no fairlead serve runs here)";
}

Finding finding(const char* probe, bool good, State otherwise, std::string text,
                std::string remedy) {
  if (good) return {probe, State::kOk, std::move(text)};
  return {probe, otherwise, std::move(text), Symptom::kDirective, {}, 0, {}, std::move(remedy)};
}

}  // namespace

KernelLook look_at_kernel() {
  KernelLook look;
  find_descriptors(look);
  const fs::path net = "/proc/sys/net";
  look.somaxconn = number_in(net / "core/somaxconn");
  look.tcp_retries2 = number_in(net / "ipv4/tcp_retries2");
  look.local_ports = ports_in(net / "ipv4/ip_local_port_range");
  return look;
}

Findings judge_kernel(const KernelLook& look, std::uint64_t sessions, bool tcp_upstream) {
  Findings findings;
  if (look.descriptors) {
    const auto wanted = sessions + kDescriptorsBeside;
    findings.push_back(
        finding("descriptors", *look.descriptors >= wanted, State::kBad,
                look.descriptors_of + " may open " + std::to_string(*look.descriptors) +
                    " files; " + std::to_string(sessions) + " sessions take one each",
                "`LimitNOFILE=" + std::to_string(std::max<std::uint64_t>(wanted, 131'072)) +
                    "` in fairlead.service (deploy/fairlead.service), or `ulimit -n`"));
  }
  if (look.somaxconn) {
    findings.push_back(
        finding("somaxconn", *look.somaxconn >= kSomaxconn, State::kBad,
                "net.core.somaxconn is " + std::to_string(*look.somaxconn),
                "`net.core.somaxconn=4096` in /etc/sysctl.d (deploy/sysctl-fairlead.conf): a full "
                "queue on a Unix socket is an immediate 502"));
  }
  if (look.tcp_retries2) {
    findings.push_back(finding(
        "tcp_retries2", *look.tcp_retries2 <= kRetries, State::kNote,
        "net.ipv4.tcp_retries2 is " + std::to_string(*look.tcp_retries2),
        "`net.ipv4.tcp_retries2=" + std::to_string(kRetries) +
            "` in /etc/sysctl.d (deploy/sysctl-fairlead.conf): a client that vanished is given up "
            "after 25 to 50 s instead of 15 minutes"));
  }
  if (look.local_ports && tcp_upstream) {
    findings.push_back(
        finding("local ports", *look.local_ports >= sessions, State::kBad,
                "nginx reaches the server over TCP: " + std::to_string(*look.local_ports) +
                    " local ports for " + std::to_string(sessions) + " sessions",
                "let nginx reach the server over its Unix socket (--listen unix:/path), or widen "
                "net.ipv4.ip_local_port_range"));
  }
  return findings;
}

}  // namespace fairlead::doctor
