// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// A token with true balances, and a way to make many transfers in one transaction.
/// For local chains only: whoever calls `churn` moves everybody's points.
contract Points {
    event Transfer(address indexed from, address indexed to, uint256 value);

    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;

    /// The address of holder number `index`. Nobody has its key.
    function holder(uint256 index) public pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode("holder", index)))));
    }

    /// Makes `count` transfers between the first `holders` holders, drawn from `seed`.
    /// A holder who cannot pay is given points instead: such a transfer comes from the zero address.
    function churn(uint256 seed, uint256 count, uint256 holders) external {
        for (uint256 i = 0; i < count; i++) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            address from = holder(uint64(draw) % holders);
            address to = holder(uint64(draw >> 64) % holders);
            uint256 value = (uint64(draw >> 128) % 1_000_000 + 1) * 1e12;
            if (balanceOf[from] < value) {
                from = address(0);
                totalSupply += value;
            } else {
                balanceOf[from] -= value;
            }
            balanceOf[to] += value;
            emit Transfer(from, to, value);
        }
    }
}
