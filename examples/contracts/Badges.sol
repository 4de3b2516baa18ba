// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// Badges that holders win. For local chains only: everybody may award.
contract Badges {
    event BadgeAwarded(uint256 indexed id, address indexed to, string label);

    uint256 public awarded;

    /// Awards `count` badges to holders drawn from `seed`.
    function award(uint256 seed, uint256 count, uint256 holders) external {
        for (uint256 i = 0; i < count; i++) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            address to =
                address(uint160(uint256(keccak256(abi.encode("holder", uint256(uint64(draw) % holders))))));
            emit BadgeAwarded(awarded++, to, draw % 2 == 0 ? "early" : "steady");
        }
    }
}
