#include "resolve/install_order.h"

#include <algorithm>

namespace pipit::resolve {

namespace {

// Takes leaves away again and again; the earlier, the heavier. What stays is part of a cycle or stands above one.
void weigh_leaves(const std::vector<OrderNode>& nodes, std::vector<std::size_t>& weights, std::vector<char>& removed) {
  std::vector<std::size_t> open_children(nodes.size(), 0);
  std::vector<std::vector<std::size_t>> parents(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i)
    for (const std::size_t child : nodes[i].children) {
      ++open_children[i];
      parents[child].push_back(i);
    }
  std::vector<std::size_t> leaves;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (open_children[i] == 0) leaves.push_back(i);
  std::size_t left = nodes.size();
  while (!leaves.empty()) {
    std::vector<std::size_t> next;
    for (const std::size_t leaf : leaves) {
      weights[leaf] = left;
      removed[leaf] = 1;
      for (const std::size_t parent : parents[leaf])
        if (--open_children[parent] == 0) next.push_back(parent);
    }
    left -= leaves.size();
    leaves = std::move(next);
  }
}

// The longest path from the user that meets no node twice, over at most five visits of each node.
class CycleWalk {
 public:
  CycleWalk(const std::vector<OrderNode>& nodes, std::vector<std::size_t>& weights, const std::vector<char>& removed)
      : nodes_(nodes), weights_(weights), removed_(removed), on_path_(nodes.size(), 0), visits_(nodes.size(), 0) {}

  void from(std::size_t root) {
    enter(root);
    while (!path_.empty()) {
      Step& step = path_.back();
      if (step.next < nodes_[step.node].children.size()) {
        enter(nodes_[step.node].children[step.next++]);
        continue;
      }
      weights_[step.node] = std::max(weights_[step.node], path_.size());
      ++visits_[step.node];
      on_path_[step.node] = 0;
      path_.pop_back();
    }
  }

 private:
  static constexpr int kVisitsMax = 5;
  struct Step {
    std::size_t node = 0, next = 0;
  };
  void enter(std::size_t node) {
    if (removed_[node] != 0 || on_path_[node] != 0 || visits_[node] >= kVisitsMax) return;
    on_path_[node] = 1;
    path_.push_back({node, 0});
  }

  const std::vector<OrderNode>& nodes_;
  std::vector<std::size_t>& weights_;
  const std::vector<char>& removed_;
  std::vector<char> on_path_;
  std::vector<int> visits_;
  std::vector<Step> path_;
};

}  // namespace

std::vector<std::size_t> install_order(const std::vector<OrderNode>& nodes, const std::vector<std::size_t>& roots) {
  std::vector<std::size_t> weights(nodes.size(), 0);
  std::vector<char> removed(nodes.size(), 0);
  weigh_leaves(nodes, weights, removed);
  CycleWalk walk(nodes, weights, removed);
  for (const std::size_t root : roots) walk.from(root);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (nodes[i].is_project) order.push_back(i);
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return weights[a] != weights[b] ? weights[a] > weights[b] : nodes[a].name > nodes[b].name;
  });
  return order;
}

}  // namespace pipit::resolve
