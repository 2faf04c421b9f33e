// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The cheat codes of the test runner that these tests use
/// @notice forge answers these calls at one address; the npm registry has no official forge-std to take them from.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function assertEq(uint256 left, uint256 right, string calldata what) external pure;
    function assertEq(address left, address right, string calldata what) external pure;
    function assertEq(bytes32 left, bytes32 right, string calldata what) external pure;
    function assertEq(bool left, bool right, string calldata what) external pure;
    function assertEq(string calldata left, string calldata right, string calldata what) external pure;
    function assertEq(bytes calldata left, bytes calldata right, string calldata what) external pure;
    function assertTrue(bool condition, string calldata what) external pure;
    function assertFalse(bool condition, string calldata what) external pure;
    function assume(bool condition) external pure;

    /// @notice The next call reverts with exactly these bytes.
    function expectRevert(bytes calldata data) external;

    /// @notice The next call reverts, however.
    function expectRevert() external;

    /// @notice The next call emits, at `emitter`, the event that the test emits next.
    function expectEmit(bool topic1, bool topic2, bool topic3, bool data, address emitter) external;

    /// @notice Keeps the events from here on, for `getRecordedLogs`.
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory logs);

    /// @notice The next call comes from `sender`.
    function prank(address sender) external;
    function warp(uint256 time) external;
    function chainId(uint256 id) external;
    function etch(address account, bytes calldata code) external;
    function snapshotState() external returns (uint256 id);
    function revertToState(uint256 id) external returns (bool success);

    function deriveKey(string calldata mnemonic, uint32 index) external pure returns (uint256 key);
    function addr(uint256 key) external pure returns (address account);
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
}
