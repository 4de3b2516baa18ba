// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// Positions that are opened and closed, and prices. For local chains only: everybody may do everything.
contract Vault {
    event PositionOpened(
        uint256 indexed id, address indexed owner, uint8 kind, uint128 amount, string[] tags, bytes note
    );
    event PositionClosed(uint256 indexed id, int256 profit);
    event PriceSet(bytes32 indexed pair, uint256 price);

    uint256 public opened;
    uint256 public closed;

    /// Opens `count` positions drawn from `seed`. Every third has no note, every fifth no tags.
    function open(uint256 seed, uint256 count, uint256 holders) external {
        for (uint256 i = 0; i < count; i++) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            uint256 id = opened++;
            address owner =
                address(uint160(uint256(keccak256(abi.encode("holder", uint256(uint64(draw) % holders))))));
            string[] memory tags = new string[](id % 5 == 0 ? 0 : 1 + draw % 2);
            for (uint256 j = 0; j < tags.length; j++) tags[j] = j == 0 ? "seasonal" : "boosted";
            bytes memory note = id % 3 == 0 ? bytes("") : abi.encodePacked(bytes8(uint64(draw >> 64)));
            emit PositionOpened(id, owner, uint8(draw >> 128) % 3, uint128(uint64(draw >> 136)) * 1e9, tags, note);
        }
    }

    /// Closes the `count` oldest positions that are open, some with a loss.
    function close(uint256 seed, uint256 count) external {
        for (uint256 i = 0; i < count && closed < opened; i++) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            emit PositionClosed(closed++, int256(uint256(uint64(draw))) - int256(uint256(type(uint64).max / 3)));
        }
    }

    /// Sets `count` prices of three pairs, drawn from `seed`.
    function price(uint256 seed, uint256 count) external {
        for (uint256 i = 0; i < count; i++) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            bytes32 pair = draw % 3 == 0 ? bytes32("ETH/USD") : draw % 3 == 1 ? bytes32("BTC/USD") : bytes32("EUR/USD");
            emit PriceSet(pair, uint64(draw >> 64));
        }
    }
}
