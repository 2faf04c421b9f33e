// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Numbers in slots.
contract Store {
    event Stored(address indexed by, uint256 indexed slot, uint256 value);

    uint256 public last;
    mapping(uint256 => uint256) public values;

    constructor(uint256 first) payable {
        last = first;
        values[0] = first;
    }

    function store(uint256 slot, uint256 value) external payable returns (uint256 before) {
        before = values[slot];
        values[slot] = value;
        last = value;
        emit Stored(msg.sender, slot, value);
    }
}

/// @notice One of everything that a node must answer for: state, events of several shapes, reverts of every kind, nested calls.
contract Probe is Store {
    event Plain(string text);

    error Refused(address who, uint256 code);

    Store public child;

    constructor(uint256 first) payable Store(first) {
        emit Plain("created");
    }

    receive() external payable {
        emit Stored(msg.sender, 0, msg.value);
    }

    function clear(uint256 slot) external {
        delete values[slot];
    }

    function several(uint256 count) external {
        for (uint256 i = 0; i < count; i++) {
            emit Stored(msg.sender, i, i * i);
        }
        emit Plain("several");
    }

    function refuse(uint256 code) external view {
        revert Refused(msg.sender, code);
    }

    function complain() external pure {
        revert("this is refused");
    }

    function refuseSilently() external pure {
        revert();
    }

    function overflow(uint8 by) external pure returns (uint8) {
        return 255 + by;
    }

    function fail(uint256 kind) external pure returns (uint256) {
        assert(kind == 1);
        return kind;
    }

    function burn() external view returns (uint256 rounds) {
        while (gasleft() > 5000) {
            rounds++;
        }
    }

    function endless() external pure {
        while (true) {}
    }

    function breed(bytes32 salt) external payable returns (address) {
        child = new Store{salt: salt, value: msg.value}(last);
        return address(child);
    }

    /// @notice Calls the child, and itself so that a revert below is caught.
    function nested(uint256 value) external returns (bool, bytes memory) {
        child.store(1, value);
        (bool ok, bytes memory data) = address(this).call(abi.encodeCall(this.refuse, (value)));
        return (ok, data);
    }

    function surroundings() external view returns (uint256, address, uint256, uint256, uint256) {
        return (block.number, block.coinbase, block.gaslimit, block.basefee, block.chainid);
    }

    function time() external view returns (uint256) {
        return block.timestamp;
    }

    function hashOf(uint256 number) external view returns (bytes32) {
        return blockhash(number);
    }

    function recover(bytes32 digest, uint8 v, bytes32 r, bytes32 s) external pure returns (address) {
        return ecrecover(digest, v, r, s);
    }
}
