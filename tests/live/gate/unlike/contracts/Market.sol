// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// Swaps of users that both chains have in common. For local chains only.
contract Pool {
    event Swap(address indexed user, uint256 amount, uint64 unlocks, address referrer);

    function swap(uint256 draw, uint256 users) external {
        address user = address(uint160(uint256(keccak256(abi.encode("user", uint64(draw) % users)))));
        address referrer = address(uint160(uint256(keccak256(abi.encode("referrer", uint64(draw >> 64) % 9)))));
        emit Swap(user, uint64(draw >> 128) % 1_000 + 1, uint64(block.timestamp) + 365 days, referrer);
    }
}

/// Makes pools, and swaps in them.
contract Market {
    event PoolCreated(address indexed pool, uint256 number);

    Pool[] public pools;

    /// Makes `count` swaps drawn from `seed`, and now and then another pool.
    function trade(uint256 seed, uint256 count, uint256 users) external {
        if (pools.length == 0 || (seed % 5 == 0 && pools.length < 12)) {
            pools.push(new Pool());
            emit PoolCreated(address(pools[pools.length - 1]), pools.length);
        }
        for (uint256 i = 0; i < count; i++) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            pools[draw % pools.length].swap(draw, users);
        }
    }
}
