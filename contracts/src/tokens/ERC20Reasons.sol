// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title ERC-20 that gives the revert texts of USDC
/// @notice Payment peers read the text of a revert to tell why a transfer failed, so the custom errors of OpenZeppelin's
/// ERC20 are replaced wherever a caller can reach them. As in USDC an unlimited allowance is spent like any other.
abstract contract ERC20Reasons is ERC20 {
    /// @inheritdoc ERC20
    function transfer(address to, uint256 value) public override returns (bool) {
        _move(msg.sender, to, value);
        return true;
    }

    /// @inheritdoc ERC20
    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        uint256 allowed = allowance(from, msg.sender);
        require(value <= allowed, "ERC20: transfer amount exceeds allowance");
        _move(from, to, value);
        _approve(from, msg.sender, allowed - value, false);
        return true;
    }

    /// @dev Every transfer between holders passes here: ERC20's own `_transfer` is not virtual.
    function _move(address from, address to, uint256 value) internal {
        require(from != address(0), "ERC20: transfer from the zero address");
        require(to != address(0), "ERC20: transfer to the zero address");
        require(value <= balanceOf(from), "ERC20: transfer amount exceeds balance");
        _update(from, to, value);
    }

    /// @dev The owner cannot be zero: he is the caller, or his signature was recovered.
    function _approve(address owner, address spender, uint256 value, bool emitEvent) internal override {
        require(spender != address(0), "ERC20: approve to the zero address");
        super._approve(owner, spender, value, emitEvent);
    }
}
