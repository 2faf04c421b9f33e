// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice The cheat codes that are used here.
interface Vm {
    function startBroadcast(uint256 key) external;
    function stopBroadcast() external;
    function deriveKey(string calldata mnemonic, uint32 index) external pure returns (uint256);
    function addr(uint256 key) external pure returns (address);
    function envAddress(string calldata name) external view returns (address);
    function envUint(string calldata name) external view returns (uint256);
    function prank(address who) external;
    function roll(uint256 number) external;
    function rollFork(uint256 number) external;
    function createSelectFork(string calldata url) external returns (uint256);
}

Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
